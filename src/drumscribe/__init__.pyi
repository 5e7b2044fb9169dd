from drumscribe.api import DrumEvent as DrumEvent
from drumscribe.api import DrumscribeError as DrumscribeError
from drumscribe.api import TempoHints as TempoHints
from drumscribe.api import TempoMap as TempoMap
from drumscribe.api import Transcriber as Transcriber
from drumscribe.api import Transcription as Transcription
from drumscribe.api import load as load
from drumscribe.api import save as save
from drumscribe.api import transcribe as transcribe

__version__: str
