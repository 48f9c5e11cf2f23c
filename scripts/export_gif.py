"""Export one image tag as an animation: `python scripts/export_gif.py logs/demo responses/conv1_2`."""

import argparse

import kerasviz as kv

parser = argparse.ArgumentParser(description="Export one image tag of an event log as an animation.")
parser.add_argument("log_dir")
parser.add_argument("tag")
parser.add_argument("--out", help="a .gif, .png, .webp or .mp4 file; by default a GIF in the log's folder")
parser.add_argument("--fps", type=float, default=12)
parser.add_argument("--every", type=int, default=1, help="every k-th frame")
parser.add_argument("--tile", type=int, help="one filter of the sheet, large")
parser.add_argument("--small", action="store_true", help="a smaller file with fewer colours")
args = parser.parse_args()

options = {"fps": args.fps, "every": args.every, "tile": args.tile, "small": args.small}
print(kv.animate(args.log_dir, args.tag, args.out, **options))
