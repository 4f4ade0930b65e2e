// Opens the listening page in Firefox over WebDriver BiDi, plays a clip, changes level and signal by keyboard, and prints as JSON which track
// is chosen. Firefox needs a sound card for a clock and does not tell a gain that glides, so gains are read in Chromium alone.
// node firefox.mjs FIREFOX ADDRESS
import puppeteer from "puppeteer-core";

const [executablePath, address] = process.argv.slice(2);
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  headless: true,
  extraPrefsFirefox: { "media.autoplay.default": 0 },
});
try {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
  await page.goto(`${address}#concept/is_flute`);
  await page.waitForSelector("li.row .play");
  await page.focus("li.row .play");
  await page.keyboard.press("Enter");
  await page.waitForFunction("Listen.state.playing", { timeout: 60000 });
  const heard = () => page.evaluate(() => Listen.audio.key());
  const found = { started: await heard() };
  await page.focus("#level");
  await page.keyboard.press("Home");
  found.noisiest = await heard();
  await page.focus("input[name=signal][value=denoised]");
  await page.keyboard.press("ArrowDown");
  found.noisy = await heard();
  found.tracks = await page.evaluate(() => Object.keys(Listen.audio.tracks()).length);
  found.lengths = await page.evaluate(
    () => [...new Set(Object.values(Listen.audio.tracks()).map((track) => track.buffer.length))].length,
  );
  found.wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  console.log(JSON.stringify({ ...found, errors }));
} finally {
  await browser.close();
}
