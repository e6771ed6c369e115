"""The model file: tensors and their description in one safetensors file, written and read without trust.

`docs/model-file.md` is the specification, byte by byte. Arrays are NumPy's, so that a file can be
described without torch. Nothing in a file is run, and nothing is used before it is checked.

    8 bytes   N, the length of the header, little-endian
    N bytes   header, JSON and blanks: {"__metadata__":{"glassnet":"..."},"<name>":{tensor},...}
    the rest  the tensors' bytes, end to end

The text under `glassnet` is JSON too: {"format_version":1,"sha256":"...","values":{...}}.
Source: https://github.com/huggingface/safetensors, README, "Format".
"""

from glassnet.model_file.layout import FORMAT_VERSION as FORMAT_VERSION
from glassnet.model_file.layout import JSON as JSON
from glassnet.model_file.read import ModelFile as ModelFile
from glassnet.model_file.read import read_model_file as read_model_file
from glassnet.model_file.text import pack_text as pack_text
from glassnet.model_file.text import unpack_text as unpack_text
from glassnet.model_file.write import write_model_file as write_model_file
