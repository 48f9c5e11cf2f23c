"""Picture files in: found, read, resized, made what a model takes; picture arrays in their plain forms."""

from __future__ import annotations

from kerasviz.images.arrays import as_numbers
from kerasviz.images.files import (
    ImageSet,
    Size,
    Skipped,
    check_image,
    decode_image,
    files_under,
    find_images,
    in_threads,
    natural_key,
    read_image,
    read_images,
    resize_image,
    size_pair,
    why_unreadable,
)
from kerasviz.images.form import PictureForm
from kerasviz.images.front import checked_range
from kerasviz.images.hiding import Rectangle, hide_rectangle
from kerasviz.images.notebook import SHOWN, pictures_in_html, spread_over
from kerasviz.images.picture import Picture
from kerasviz.images.placing import WHOLE, Box
from kerasviz.images.png import as_gray, as_rgb, as_uint8, encode_png, upscale, write_png
from kerasviz.images.size_limit import fits_the_memory

__all__ = [
    "SHOWN",
    "WHOLE",
    "Box",
    "ImageSet",
    "Picture",
    "PictureForm",
    "Rectangle",
    "Size",
    "Skipped",
    "as_gray",
    "as_numbers",
    "as_rgb",
    "as_uint8",
    "check_image",
    "checked_range",
    "decode_image",
    "encode_png",
    "files_under",
    "find_images",
    "fits_the_memory",
    "hide_rectangle",
    "in_threads",
    "natural_key",
    "pictures_in_html",
    "read_image",
    "read_images",
    "resize_image",
    "size_pair",
    "spread_over",
    "upscale",
    "why_unreadable",
    "write_png",
]
