"""Train the second engine on a picture, and make new ones with it: a taste, of a small picture and a short training.

Needs the extra `torch`, and half a minute of a CPU. For good pictures leave `iterations` and `max_size` as they are.
"""

from pathlib import Path

from PIL import Image

from patchloom import io, singan

out = Path("out")
out.mkdir(exist_ok=True)
source = Image.open("examples/pictures/flowers.png")
params = singan.SinGANParams(max_size=48, iterations=100)


def tell(step):
    if step.last_of_scale:
        print(f"scale {step.scale + 1} of {step.scales}: error {step.losses['error']:.3f}")


model = singan.train(source, params=params, seed=1, threads=1, on_step=tell)     # small: threads gain nothing
io.save_model(out / "flowers.safetensors", model, force=True)
for start in (0, 1):
    singan.sample(model, size=(64, 96), start_scale=start, seed=7).image.save(out / f"singan_{start}.png")
