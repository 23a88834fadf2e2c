#!/usr/bin/env node
/**
 * Makes the bundled stream in `media/` anew. Nothing in install, build or tests runs it; the result is committed.
 *
 *   node examples/origin/make-media.mjs [vp9]
 *
 * With `vp9` only the renditions for engines without H.264 are made, and the others are left as they are: `vp144`, cut like
 * the rest, and the WebM file, 48 s with an index of its own.
 *
 * Needs ffmpeg with libx264, libvpx and libfreetype, and the DejaVu fonts (Debian: `ffmpeg fonts-dejavu-core`). The same ffmpeg
 * version gives the same bytes: one thread, fixed seeds, no metadata.
 *
 * The loop is 24 s: six video segments of exactly 4 s, and 1125 AAC frames of 1024 samples at 48 kHz, which are exactly
 * 24 s too (a single audio segment has 187 or 188 frames). Sound and sea repeat every 24 s, so the loop has no seam.
 * Segments keep only `moof` and `mdat`: the origin rewrites their times, and there is nothing else to rewrite.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const segmentSeconds = 4;
const segmentsPerLoop = 6;
const loopSeconds = segmentSeconds * segmentsPerLoop;
const framesPerSecond = 25;
const audio = { name: "a64", kbps: 64, samplesPerSecond: 48_000, samplesPerFrame: 1024 };
const videos = [
  { name: "v144", width: 256, height: 144, kbps: 300, profile: "baseline", level: "1.3", codecs: "avc1.42c00d" },
  { name: "v270", width: 480, height: 270, kbps: 700, profile: "main", level: "2.1", codecs: "avc1.4d4015" },
  { name: "v360", width: 640, height: 360, kbps: 1400, profile: "main", level: "3.0", codecs: "avc1.4d401e" },
];
const open = { name: "vp144", width: 256, height: 144, kbps: 150, codecs: "vp09.00.10.08" };
const webm = { file: "vp144.webm", loops: 2 };
const muxed = { name: "muxed300", video: "v144" };

const media = fileURLToPath(new URL("./media/", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "shoal-media-"));
const exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"];

function ffmpeg(...args) {
  const run = spawnSync("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...args], { stdio: "inherit" });
  if (run.status !== 0) throw new Error(`ffmpeg failed: ffmpeg ${args.join(" ")}`);
}

/** A sea in slow motion, a shoal swimming through it, the time and the rendition's name. */
function picture({ height, kbps }) {
  const turn = `(2*PI*T/${loopSeconds})`;
  const wave = `(sin(X/W*9+3*${turn})+sin(Y/H*7-4*${turn}+X/W*3)+sin((X/W+Y/H)*5+2*${turn}))/3`;
  const sea = `geq=r='18+14*${wave}':g='92-46*Y/H+26*${wave}':b='150-50*Y/H+34*${wave}'`;
  const bold = "fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf";
  const size = (share) => Math.round(height * share);
  const fish = Array.from({ length: 14 }, (_, index) => {
    const laps = 1 + (index % 3);
    const start = ((index * 37) % 100) / 100;
    const depth = 0.24 + 0.7 * (((index * 61) % 97) / 97);
    const x = `mod(${start}+${laps}*t/${loopSeconds}\\,1)*(w+2*tw)-2*tw`;
    const y = `h*(${depth.toFixed(3)}+0.03*sin(2*PI*(4*t/${loopSeconds}+${start})))`;
    const colour = ["ffd166", "ef8354", "f4f1de"][index % 3];
    return `drawtext=${bold}:text='><((o>':fontsize=${size(0.05 + 0.012 * (index % 4))}:fontcolor=0x${colour}:x='${x}':y='${y}'`;
  });
  const label = (text, share, x, y) =>
    `drawtext=${bold}:text='${text}':fontsize=${size(share)}:fontcolor=white:box=1:boxcolor=black@0.45:boxborderw=${size(0.015)}:x=${x}:y=${y}`;
  return [
    sea,
    ...fish,
    // Grain gives the encoder something to spend its bits on: segments come out at their nominal size.
    "noise=all_seed=7:alls=9:allf=t",
    label("%{pts\\:hms}", 0.13, "(w-tw)/2", "h*0.06"),
    label(`${height}p ${kbps}k`, 0.085, "w*0.03", "h*0.88"),
    label("segment %{eif\\:floor(t/4)\\:d}", 0.085, "w*0.97-tw", "h*0.88"),
    "format=yuv420p",
  ].join(",");
}

function encodeVideo(video) {
  const file = join(work, `${video.name}.mp4`);
  const source = `color=black:s=${video.width}x${video.height}:r=${framesPerSecond}:d=${loopSeconds},format=gbrp`;
  const gop = framesPerSecond * segmentSeconds;
  const rate = `${video.kbps}k`;
  const encode = ["-c:v", "libx264", "-profile:v", video.profile, "-level", video.level, "-preset", "slow", "-bf", "0"];
  const steady = ["-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", `${video.kbps * 2}k`];
  const x264 = `nal-hrd=cbr:force-cfr=1:keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=0:threads=1`;
  ffmpeg(
    ...["-f", "lavfi", "-i", source, "-vf", picture(video), ...encode, ...steady, "-x264-params", x264, ...exact],
    ...["-video_track_timescale", "12800", file],
  );
  return file;
}

/** In VP9, as often a key frame as there are segments. */
function encodeOpen(extension, loops) {
  const { name, width, height, kbps } = open;
  const file = join(work, `${name}.${extension}`);
  const source = `color=black:s=${width}x${height}:r=${framesPerSecond}:d=${loopSeconds * loops},format=gbrp`;
  const gop = `${framesPerSecond * segmentSeconds}`;
  const encode = ["-c:v", "libvpx-vp9", "-b:v", `${kbps}k`, "-minrate", `${kbps}k`, "-maxrate", `${kbps}k`];
  const steady = ["-g", gop, "-keyint_min", gop, "-auto-alt-ref", "0", "-lag-in-frames", "0", "-deadline", "good"];
  const one = ["-cpu-used", "2", "-threads", "1", "-row-mt", "0"];
  const index = extension === "webm" ? ["-cues_to_front", "1", "-cluster_time_limit", "4000"] : [];
  ffmpeg(
    ...["-f", "lavfi", "-i", source, "-vf", picture(open), ...encode, ...steady, ...one, ...exact, ...index],
    ...(extension === "mp4" ? ["-video_track_timescale", "12800", file] : [file]),
  );
  return file;
}

function makeOpen() {
  const { name, width, height, kbps, codecs } = open;
  cut(name, [encodeOpen("mp4", 1)], "m4s", ...fragmented);
  writeFileSync(join(media, webm.file), readFileSync(encodeOpen("webm", webm.loops)));
  const segmentTicks = Array(segmentsPerLoop).fill(12_800 * segmentSeconds);
  return { name, kind: "video", codecs, kbps, width, height, framesPerSecond, timescale: 12_800, segmentTicks };
}

/** Three loops of a periodic sound are encoded and the middle one is kept: no encoder delay, no click at the seam. */
function encodeAudio() {
  const all = join(work, "three-loops.aac");
  const pulse = `(0.15+0.85*exp(-5*mod(t\\,1)))`;
  const chord = [220, 277, 330, 440].map((hertz, index) => `sin(2*PI*${hertz}*t)/${index + 2}`).join("+");
  const sound = `aevalsrc='0.18*${pulse}*(${chord})|0.18*${pulse}*(${chord})':s=${audio.samplesPerSecond}:d=${loopSeconds * 3}`;
  ffmpeg("-f", "lavfi", "-i", sound, "-c:a", "aac", "-b:a", `${audio.kbps}k`, ...exact, "-f", "adts", all);
  const bytes = readFileSync(all);
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at + 3] & 3) << 11) | (bytes[at + 4] << 3) | (bytes[at + 5] >> 5);
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  const perLoop = (loopSeconds * audio.samplesPerSecond) / audio.samplesPerFrame;
  const file = join(work, `${audio.name}.aac`);
  writeFileSync(file, Buffer.concat(frames.slice(perLoop + 1, 2 * perLoop + 1)));
  return file;
}

function boxes(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    found.push({
      type: bytes.toString("latin1", at + 4, at + 8),
      bytes: bytes.subarray(at, at + bytes.readUInt32BE(at)),
    });
  }
  return found;
}

function cut(name, inputs, extension, ...options) {
  const folder = join(media, name);
  mkdirSync(folder, { recursive: true });
  ffmpeg(
    ...inputs.flatMap((input) => ["-i", input]),
    ...["-c", "copy", ...exact, "-f", "hls", "-hls_time", `${segmentSeconds}`, "-hls_list_size", "0"],
    ...[...options, "-hls_segment_filename", join(folder, `seg-%05d.${extension}`), join(folder, "index.m3u8")],
  );
  const playlist = readFileSync(join(folder, "index.m3u8"), "utf8");
  rmSync(join(folder, "index.m3u8"));
  const files = readdirSync(folder)
    .filter((file) => file.startsWith("seg-"))
    .sort();
  if (files.length !== segmentsPerLoop) throw new Error(`${name}: ${files.length} segments, not ${segmentsPerLoop}`);
  if (extension === "m4s") {
    for (const file of files) {
      const kept = boxes(readFileSync(join(folder, file))).filter(({ type }) => type === "moof" || type === "mdat");
      writeFileSync(join(folder, file), Buffer.concat(kept.map((box) => box.bytes)));
    }
  }
  return [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1]));
}

function writeAbout(renditions) {
  const about = { segmentSeconds, segmentsPerLoop, renditions };
  writeFileSync(join(media, "media.json"), `${JSON.stringify(about, null, 2)}\n`);
}

const fragmented = ["-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4"];
if (process.argv[2] === "vp9") {
  const about = JSON.parse(readFileSync(join(media, "media.json"), "utf8"));
  const others = about.renditions.filter(({ name }) => name !== open.name);
  writeAbout([...others, makeOpen()]);
  rmSync(work, { recursive: true, force: true });
  process.exit(0);
}
rmSync(media, { recursive: true, force: true });
const adts = encodeAudio();
const renditions = [];
let muxedVideo = "";
for (const video of videos) {
  const { name, width, height, kbps, codecs } = video;
  const file = encodeVideo(video);
  if (name === muxed.video) muxedVideo = file;
  cut(name, [file], "m4s", ...fragmented);
  const ticks = 12_800 * segmentSeconds;
  const segmentTicks = Array(segmentsPerLoop).fill(ticks);
  renditions.push({
    name,
    kind: "video",
    codecs,
    kbps,
    width,
    height,
    framesPerSecond,
    timescale: 12_800,
    segmentTicks,
  });
}
const seconds = cut(audio.name, [adts], "m4s", ...fragmented, "-bsf:a", "aac_adtstoasc");
renditions.push({
  name: audio.name,
  kind: "audio",
  codecs: "mp4a.40.2",
  kbps: audio.kbps,
  timescale: audio.samplesPerSecond,
  segmentTicks: seconds.map(
    (length) => Math.round((length * audio.samplesPerSecond) / audio.samplesPerFrame) * audio.samplesPerFrame,
  ),
});
const { width, height, kbps, codecs } = videos.find(({ name }) => name === muxed.video);
cut(muxed.name, [muxedVideo, adts], "ts", "-hls_segment_type", "mpegts");
const muxedTicks = Array(segmentsPerLoop).fill(90_000 * segmentSeconds);
renditions.push({
  ...{ name: muxed.name, kind: "muxed", codecs: `${codecs},mp4a.40.2`, kbps, width, height, framesPerSecond },
  ...{ timescale: 90_000, segmentTicks: muxedTicks },
});
writeAbout([...renditions, makeOpen()]);
rmSync(work, { recursive: true, force: true });
