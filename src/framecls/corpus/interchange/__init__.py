"""Projects of the tools analysts code in: read into annotated sentences, and written from labels."""

from framecls.corpus.interchange.exporting import export_codebook, export_project
from framecls.corpus.interchange.formats import FORMATS, Format
from framecls.corpus.interchange.importing import Imported, import_codebook, import_project, write_imported
from framecls.corpus.interchange.mapping import MappingTable, UnmappedCodesError
from framecls.corpus.interchange.project import ImportReport, Overlap, Project, ProjectReading

__all__ = [
    "FORMATS",
    "Format",
    "ImportReport",
    "Imported",
    "MappingTable",
    "Overlap",
    "Project",
    "ProjectReading",
    "UnmappedCodesError",
    "export_codebook",
    "export_project",
    "import_codebook",
    "import_project",
    "write_imported",
]
