# Without what it declares: its pyaudio plays aloud, which nothing here does, and is built against PortAudio's headers.
python -m pip install --quiet --no-deps tinysoundfont==0.3.7
