// The text below the options of `atrous segment --help`.

export const EXAMPLES = `
Examples:
  atrous segment photo.jpg                   writes out/photo.mask.png and
                                             out/photo.overlay.png
  atrous segment holiday --out masks         all images in a folder
  atrous segment 'holiday/**/*.jpg'          JPEGs in it and its subfolders
  atrous segment photo.jpg --output-stride 8 --scales 0.5,1,1.5 --flip
                                             the mean of six predictions on a
                                             finer grid: slowest, most accurate
  atrous segment photo.jpg --crf             masks that follow edges: a fully
                                             connected CRF refines them
  atrous segment photo.jpg --probabilities npy
                                             also out/photo.probabilities.npy
  atrous segment photo.jpg --json            results for a program
  curl -s URL | atrous segment - --out - > mask.png
                                             no files

Many photos:
  atrous segment photos --recursive --out masks --resume
                                             goes on where a run has ended
  find photos -name '*.jpg' -print0 | atrous segment --list -
                                             a list of names
  atrous segment 'data/*.tar' --no-overlay   WebDataset: 000042.jpg in
                                             shard-0.tar becomes
                                             out/shard-0/000042.mask.png
  atrous segment photos --shard 3/8          one photo in eight; the others are
                                             0/8 to 7/8

A mask is a palette PNG whose pixel values are class ids. An overlay is the
photo tinted with the colours of its classes. Photos with the same name in
several folders become photo, photo-2 and so on; with --recursive, the results
are in subfolders like the photos. In folders, patterns, lists and archives,
*.mask.png, *.overlay.png and *.probabilities.*.png are left out. A photo that
cannot be read does not stop the others: it is reported at the end, with exit
code 2, or 1 if there is no result at all.

A result replaces an earlier, unchanged result of this command. If any other
file has its name, nothing is computed, unless --overwrite allows replacing that
file; of many photos, this is checked for the first hundred. Photos themselves
are never replaced.

If the photos are those of a folder, a pattern, a list or an archive, the folder
of the results also gets manifest.jsonl (of a shard, manifest-3-of-8.jsonl): a
line of JSON for each photo, with its classes or its error. --manifest writes it
elsewhere, and for any photos. After a run that was interrupted or killed, the
same command with --resume keeps the results that the manifest lists, if they
are whole, and photo, model and options are the same.

Probabilities have the photo's size. An .npy is float32 [height, width,
classes]. A PNG is grey, for one class, and 255 is a probability of 1. With
probabilities, --json gives each class its mean \`confidence\`. An .npy carries no
mark of this command, so only --overwrite replaces it.

--out - writes the mask of one photo to standard output, or with --no-mask its
overlay. --json prints an array with an object for each photo, in their order; a
photo that failed has its \`file\` and an \`error\`.

--precision fp16 needs a GPU with shader-f16, which \`atrous doctor --verbose\`
lists. Sums are still in fp32, on AMD's GPUs in parts of eight products that are
added up in fp16: a pixel changes its class only if two classes are close. An
activation beyond 65504 becomes infinite.`
