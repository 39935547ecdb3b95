/** Which provider the dials below are about, where there are several. */

import { fill, h } from "../dom.js";
import { group, segmented, whenChanged } from "./controls.js";

const DIALECTS = { openai: "Speaks OpenAI's API.", openrouter: "Speaks OpenRouter's API: no remixes, no list." };
// The dials of one provider; all others are about the bot, Discord or everything.
const OF_ONE = new Set(["next_render", "render", "video_size", "cancel", "remix", "provider_fault"]);

/** The choice; `chose()` is called when a person has made another one. */
export function makeProviders(chose) {
  let chosen = null;
  let radios = null;
  const place = h("div", {});
  const element = group("Provider", {}, place);
  const rebuild = whenChanged(
    (view) => view.providers.map(({ name, dialect }) => ({ name, dialect })),
    (providers) => {
      const options = providers.map(({ name, dialect }) => ({ value: name, label: name, hint: DIALECTS[dialect] }));
      const pick = (name) => {
        chosen = name;
        chose();
      };
      radios = segmented("Provider", options, pick, { quiet: true });
      fill(place, radios.element);
      element.hidden = providers.length < 2;
    },
  );
  return {
    element,
    update(view) {
      rebuild(view);
      radios.show(view.provider);
    },
    /** The view with the dials of the chosen provider. */
    of(view) {
      const provider = view.providers.find(({ name }) => name === chosen) ?? view.providers[0];
      return { ...view, provider: provider.name, dials: provider.dials };
    },
    /** The body of a turn, with the provider that is meant. */
    body: (name, body) => (OF_ONE.has(name) && chosen ? { ...body, provider: chosen } : body),
  };
}
