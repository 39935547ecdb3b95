// The Node examples of the provider's page, one step each: `node page.mjs STEP [ARGUMENT ...]` prints JSON.
import fs from "node:fs";
import OpenAI from "openai";

const client = new OpenAI({
  apiKey: process.env.STUDIO_KEY,
  baseURL: process.env.STUDIO_URL,
  // A create is never sent twice.
  maxRetries: 0,
});
const [step, ...given] = process.argv.slice(2);
const prompt = "A cute orange kitten chasing butterflies in a sunny garden, slow motion";

const steps = {
  create: () => client.videos.create({ model: "gpt-4o-video", prompt }),
  reference: () =>
    client.videos.create({ model: "gpt-4o-video", prompt, input_reference: fs.createReadStream(given[0]) }),
  retrieve: () => client.videos.retrieve(given[0]),
  remix: () => client.videos.remix(given[0], { prompt }),
  download: async () => {
    const content = await client.videos.downloadContent(given[0]);
    return { bytes: (await content.arrayBuffer()).byteLength };
  },
};

try {
  console.log(JSON.stringify(await steps[step]()));
} catch (error) {
  console.log(JSON.stringify({ failed: { status: error.status, code: error.code, message: error.message } }));
}
