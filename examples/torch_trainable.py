"""The same in PyTorch: a device is a GPU where there is one, else a CPU core.

The trial sees only the devices it has leased, so that "cuda" is its own first GPU. GPU memory is
read from PyTorch's own allocator, of the fullest device.
"""

import torch
from paretune.trainables import Stage, Trainable
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


def train(params, context):
    """Two hidden layers on scikit-learn's digits; returns validation accuracy."""
    torch.manual_seed(context.seed)
    device = "cpu" if context.device_kind == "cpu-core" else "cuda"
    with context.phase("data"):
        images, labels = load_digits(return_X_y=True)
        parts = train_test_split(
            images / 16.0, labels, test_size=0.25, random_state=0, stratify=labels
        )
        x, x_val = (torch.tensor(p, dtype=torch.float32, device=device) for p in parts[:2])
        y, y_val = (torch.tensor(p, dtype=torch.int64, device=device) for p in parts[2:])
    width = params["hidden"]
    layers = [nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Linear(width, 10)).to(device)
    network = nn.DataParallel(model) if len(context.devices) > 1 and device == "cuda" else model
    optimizer = torch.optim.Adam(model.parameters(), lr=params["learning_rate"])
    accuracy = 0.0
    for epoch in range(1, params["epochs"] + 1):
        total = torch.zeros((), device=device)
        for batch in torch.randperm(len(x), device=device).split(params["batch_size"]):
            loss = nn.functional.cross_entropy(network(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(batch)
        with context.phase("evaluate"), torch.no_grad():
            accuracy = (model(x_val).argmax(dim=1) == y_val).float().mean().item()
        context.report(epoch, loss=(total / len(x)).item(), accuracy=accuracy)
    return {"accuracy": accuracy, "parameters": sum(p.numel() for p in model.parameters())}


def warm_up(devices, data):
    """On a GPU, while the trial before trains there: CUDA's context and libraries take seconds."""
    weights = torch.ones(64, 64, device="cuda", requires_grad=True)
    (weights @ weights).sum().backward()
    torch.cuda.synchronize()


trainable = Trainable("torch-digits", (Stage("train", train, stored=False),), warm_up=warm_up)
