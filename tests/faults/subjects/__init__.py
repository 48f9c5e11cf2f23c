"""The kinds of inputs, one a file."""

from __future__ import annotations

from faults.subject import Subject
from faults.subjects import (
    archives,
    class_names,
    commands,
    full_disk,
    idx,
    logs,
    method_options,
    models,
    pictures,
    states,
    tab,
)

SUBJECTS: tuple[Subject, ...] = (
    pictures.SUBJECT,
    logs.SUBJECT,
    models.SUBJECT,
    idx.SUBJECT,
    archives.SUBJECT,
    class_names.SUBJECT,
    tab.SUBJECT,
    commands.SUBJECT,
    method_options.SUBJECT,
    states.SUBJECT,
    full_disk.SUBJECT,
)
