"""Modules that the torch package makes TorchScript files of, with every kind of attribute it can save."""

import enum
import io
import warnings
from typing import Any, Dict, List, NamedTuple, Optional, Tuple  # noqa: UP035 (TorchScript reads these)

import torch


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Pair(NamedTuple):
    first: torch.Tensor
    second: int


class Counter:
    def __init__(self, start: int):
        self.start = start

    def value(self) -> int:
        return self.start


class Attributes(torch.nn.Module):
    names: List[str]  # noqa: UP006
    numbers: Dict[str, int]  # noqa: UP006
    floats: List[float]  # noqa: UP006
    tensors: List[torch.Tensor]  # noqa: UP006
    pair: Pair
    absent: Optional[torch.Tensor]  # noqa: UP045

    def __init__(self) -> None:
        super().__init__()
        self.names, self.numbers, self.floats = ["a", "b"], {"x": 1}, [1.0, 2.0]
        self.tensors, self.integers, self.booleans = [torch.ones(2)], [1, 2], [True, False]
        self.complex, self.large, self.negative = 1 + 2j, 2**40, -5
        self.device, self.kind, self.layout = torch.device("cpu"), torch.float16, torch.strided
        self.float16, self.empty = torch.nn.Parameter(torch.ones(3).half()), torch.zeros(0)
        self.brain, self.bytes = torch.ones(2).bfloat16(), torch.ones(2, dtype=torch.uint8)
        self.pairs = torch.ones(2, dtype=torch.complex64)
        self.colour, self.pair, self.counter = (
            Colour.RED,
            Pair(torch.ones(1), 2),
            torch.jit.script(Counter)(3),
        )
        self.absent = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.tensors[0].sum() + torch.tensor([1, 2]).sum() + self.counter.value()


class Layers(torch.nn.Module):
    def __init__(self, count: int = 3) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(
            torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4)) for _ in range(count)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class Recurrent(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.memory = torch.nn.Conv2d(1, 2, 3), torch.nn.LSTM(4, 4)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:  # noqa: UP006
        return self.convolution(x), self.memory(y)[0]


class Mapping(torch.nn.Module):
    def forward(self, x: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:  # noqa: UP006
        return x


class Scaled(torch.nn.Module):
    def forward(self, x: torch.Tensor, factor: float = 1.0) -> torch.Tensor:
        return x * factor


def saved(name: str) -> bytes:
    """The TorchScript file of one of the modules below."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        # torch.jit and torch.ao.quantization are deprecated; files made with them are what is uploaded.
        warnings.simplefilter("ignore")
        torch.jit.save(_made(name), out)
    return out.getvalue()


def _made(name: str) -> Any:
    match name:
        case "attributes":
            return torch.jit.script(Attributes())
        case "layers":
            return torch.jit.script(Layers())
        case "traced":
            return torch.jit.trace(Layers().eval(), torch.ones(2, 4))
        case "frozen":
            return torch.jit.freeze(torch.jit.script(Layers().eval()))
        case "recurrent":
            return torch.jit.script(Recurrent())
        case "mapping":
            return torch.jit.script(Mapping())
        case "scaled":
            return torch.jit.script(Scaled())
        case "quantized":
            return torch.jit.script(torch.ao.quantization.quantize_dynamic(Layers().eval(), {torch.nn.Linear}))
    raise ValueError(name)
