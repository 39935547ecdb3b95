/** The commands as people type them. */

/** Slash commands as they are typed: subcommands and groups are written out, `{name, description, options}`. */
export function flatCommands(commands) {
  const flat = (one, name) => {
    const inner = (one.options ?? []).filter((option) => option.type === 1 || option.type === 2);
    if (inner.length) return inner.flatMap((option) => flat(option, `${name} ${option.name}`));
    return [{ name, description: one.description, options: one.options ?? [] }];
  };
  return commands.filter((one) => one.type === 1).flatMap((one) => flat(one, one.name));
}
