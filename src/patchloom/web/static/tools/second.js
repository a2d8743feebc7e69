// The second picture of a task (analogy's structure), beside the first.

import { make } from "../dom.js";
import { changed, fileButton } from "./controls.js";

// Between the two, as a share of the first; and from which shape on the second stands below.
const GAP = 0.06;
const WIDE = 1.6;

export class Second {
  constructor(panel, { task, picture, context }) {
    Object.assign(this, { panel, picture, context, stage: panel.stage, field: task.images?.[1]?.name ?? "structure" });
    this.second = undefined;
    this.stage.still.push((canvas) => this.#draw(canvas));
    this.told = make("span", { class: "tool-readout", data: { tool: "second" } });
    this.#listen();
    panel.add({
      name: this.field, title: this.field[0].toUpperCase() + this.field.slice(1), sign: "columns",
      bar: make("div", { class: "tool-bar" }, fileButton(
        "drop", `Choose the ${this.field}`, "load", (files) => this.#take(files), { shown: true },
      ), this.told),
      hint: `The result has the layout of the ${this.field} and is made of the picture's patches.`,
      enter: () => {
        this.stage.handler = { cursor: "grab" };
        this.stage.gestures.refresh();
        this.stage.gestures.setHand(true);
      },
    });
    this.set();
  }

  /** Dropped on the tool, a picture becomes the second one instead of taking the first one's place. */
  #listen() {
    this.panel.root.addEventListener("dragover", (event) => event.preventDefault());
    this.panel.root.addEventListener("drop", (event) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.#take(files);
    });
  }

  async #take(files) {
    try {
      await this.context.addExtra(this.field, files[0], files[0].name);
    } catch (error) {
      this.panel.say(error.message);
    }
    this.set();
    changed(this.panel.host);
  }

  /** Where it is shown: right of the first (below it, where that is wide), of its height or width. */
  #place() {
    const { width, height } = this.picture;
    const { width: across, height: along } = this.second ?? this.picture;
    if (width > WIDE * height) return { x: 0, y: height * (1 + GAP), width, height: (width * along) / across };
    return { x: width * (1 + GAP), y: 0, width: (height * across) / along, height };
  }

  #draw(canvas) {
    const { x, y, width, height } = this.#place();
    if (this.second) {
      this.stage.picture(canvas, this.second.bitmap, x, y, width, height);
      return;
    }
    const at = this.stage.toScreen(x, y);
    const [across, along] = [width * this.stage.view.scale, height * this.stage.view.scale];
    canvas.strokeStyle = this.stage.colours.text;
    canvas.setLineDash([6, 6]);
    canvas.strokeRect(at.x, at.y, across, along);
    canvas.setLineDash([]);
    canvas.fillStyle = this.stage.colours.text;
    canvas.font = "15px system-ui, sans-serif";
    canvas.textAlign = "center";
    canvas.fillText(`Drop the ${this.field} here`, at.x + across / 2, at.y + along / 2, across - 16);
  }

  /** Take up a picture that came. */
  set() {
    const now = this.context.extra?.(this.field) ?? null;
    if (now === this.second) return;
    this.second = now;
    const { x, y, width, height } = this.#place();
    const [right, bottom] = [Math.max(this.picture.width, x + width), Math.max(this.picture.height, y + height)];
    this.stage.bounds = { x: 0, y: 0, width: right, height: bottom };
    this.told.textContent = now ? `${now.name}, ${now.width} × ${now.height} px` : "none yet";
    this.stage.fit();
  }

  /** That of the second, whose layout it has. */
  automatic() { return this.second && { width: this.second.width, height: this.second.height }; }

  problem() { return this.second ? null : `Choose the ${this.field}: the picture that says what goes where.`; }
}
