// What a program in Node does with the vendor's SDK: `node try.js <package> <base url> <key> <file>`; prints one JSON.
const [name, baseUrl, key, file] = process.argv.slice(2);
const { Client } = require(name);
const model = 'mureka-ai/mureka-v7.6/generate-bgm';
const short = { prompt: 'warm lo-fi, 5 s', number_of_songs: 2 };
const words = (promise) => promise.then(() => '', (error) => String(error.message));

(async () => {
  const client = new Client(key, { baseUrl });
  const found = {
    outputs: (await client.run(model, short, { pollInterval: 0.2 })).outputs,
    sync: (await client.run(model, short, { enableSyncMode: true })).outputs,
    uploaded: await client.upload(file),
    refused: await words(client.run(model, {}, { maxRetries: 2 })),
    unknown: await words(client.run('nothing', short)),
    stranger: await words(new Client('wrong', { baseUrl }).run(model, short)),
  };
  found.sizes = await Promise.all(found.outputs.map(async (url) => (await (await fetch(url)).arrayBuffer()).byteLength));
  console.log(JSON.stringify(found));
})();
