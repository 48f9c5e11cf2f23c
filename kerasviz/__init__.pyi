# The public names, each from the room that defines it: `__init__.py` reads this list and imports a name when
# it is first used; editors and type checkers read it as it stands.

from . import (
    classification,
    data,
    embeddings,
    errors,
    events,
    explanation,
    film,
    images,
    layer_filters,
    maximization,
    models,
    pictures,
    probe,
    report,
    training,
    trust,
    watch,
)
from ._version import __version__
from .embeddings import (
    Embedding,
    embed,
    write_projector,
)
from .events import (
    open_log,
)
from .explanation import (
    Explanation,
    Method,
    Option,
    Probe,
    Trace,
    explain,
    methods,
    smooth,
)
from .film import (
    animate,
)
from .images import (
    PictureForm,
    read_image,
    read_images,
)
from .layer_filters import (
    kernel_figure,
)
from .maximization import (
    Search,
    class_logit,
    direction_activation,
    filter_activation,
    maximize,
    neuron_activation,
    sheet_frames,
)
from .models import (
    class_names,
    load_model,
)
from .pictures import (
    Scale,
    filter_tiles,
    overlay,
    sequential,
    sheet,
    symmetric,
)
from .pictures.figures import (
    embedding_figure,
)
from .probe import (
    class_score,
    clear_caches,
    layers,
    region_score,
    top_class,
)
from .report import (
    write_report,
)
from .trust import (
    Evaluator,
    sanity_check,
)
from .watch import (
    Evolution,
    TrainingLog,
)

__all__ = [
    "Embedding",
    "Evaluator",
    "Evolution",
    "Explanation",
    "Method",
    "Option",
    "PictureForm",
    "Probe",
    "Scale",
    "Search",
    "Trace",
    "TrainingLog",
    "__version__",
    "animate",
    "class_logit",
    "class_names",
    "class_score",
    "classification",
    "clear_caches",
    "data",
    "direction_activation",
    "embed",
    "embedding_figure",
    "embeddings",
    "errors",
    "events",
    "explain",
    "explanation",
    "film",
    "filter_activation",
    "filter_tiles",
    "images",
    "kernel_figure",
    "layer_filters",
    "layers",
    "load_model",
    "maximization",
    "maximize",
    "methods",
    "models",
    "neuron_activation",
    "open_log",
    "overlay",
    "pictures",
    "probe",
    "read_image",
    "read_images",
    "region_score",
    "report",
    "sanity_check",
    "sequential",
    "sheet",
    "sheet_frames",
    "smooth",
    "symmetric",
    "top_class",
    "training",
    "trust",
    "watch",
    "write_projector",
    "write_report",
]
