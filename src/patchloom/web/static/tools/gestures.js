// What fingers, mouse and keys do on a stage: two fingers, the wheel and Space move the view; everything else goes to
// the stage's handler as points of the picture. Arrow keys move a crosshair that paints as a pointer does.

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PAN = 40;

export class Gestures {
  #pointers = new Map();
  #pan = null;
  #drawing = null;
  #space = false;

  /** The handler has down(point, event), move(point), up(point), cancel(), hover(point or null); all are optional. */
  constructor(stage) {
    this.stage = stage;
    this.hand = false;
    this.crosshair = null;
    this.penDown = false;
    const { canvas } = stage;
    const on = (name, listener, options) => canvas.addEventListener(name, listener, options);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#up(event, true));
    on("pointerleave", () => this.#hover(null));
    on("wheel", (event) => this.#wheel(event), { passive: false });
    on("keydown", (event) => this.#key(event));
    on("keyup", (event) => this.#keyUp(event));
    on("blur", () => this.#blur());
    on("contextmenu", (event) => event.preventDefault());
  }

  /** In this mode one finger, the mouse and the arrows move the view. */
  setHand(on) {
    this.hand = on;
    this.stage.hand.setAttribute("aria-pressed", String(on));
    this.#cursor();
  }

  get #handler() { return this.stage.handler ?? {}; }

  #cursor() {
    const { canvas } = this.stage;
    const moving = this.hand || this.#space;
    canvas.style.cursor = moving ? (this.#pan ? "grabbing" : "grab") : this.#handler.cursor ?? "crosshair";
  }

  #at(event) {
    const box = this.stage.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #point(event) {
    const { x, y } = this.#at(event);
    return this.stage.toPicture(x, y);
  }

  #down(event) {
    const { canvas } = this.stage;
    canvas.focus({ preventScroll: true });
    event.preventDefault();
    this.#hideCrosshair();
    // Pointers that tests make up, and some that end at once, cannot be captured.
    try { canvas.setPointerCapture(event.pointerId); } catch { /* the pointer is gone already */ }
    this.#pointers.set(event.pointerId, this.#at(event));
    if (this.#pointers.size === 2) {
      this.#stop();
      this.#pan = this.#spread();
      return;
    }
    if (this.#pointers.size > 2) return;
    if (this.hand || this.#space || event.button === 1) {
      this.#pan = this.#spread();
      this.#cursor();
    } else if (event.button === 0 || event.button === 2) {
      this.#drawing = event.pointerId;
      this.#handler.down?.(this.#point(event), event);
    }
  }

  #move(event) {
    if (this.#pointers.has(event.pointerId)) this.#pointers.set(event.pointerId, this.#at(event));
    if (this.#pan) {
      const now = this.#spread();
      this.stage.move(now.x - this.#pan.x, now.y - this.#pan.y);
      if (this.#pan.apart && now.apart) this.stage.zoom(now.apart / this.#pan.apart, now.x, now.y);
      this.#pan = now;
    } else if (this.#drawing === event.pointerId) {
      const events = event.getCoalescedEvents?.() ?? [];
      for (const one of events.length ? events : [event]) this.#handler.move?.(this.#point(one), event);
      this.#hover(this.#point(event));
    } else if (!this.#pointers.size) {
      this.#hover(this.hand || this.#space || event.pointerType === "touch" ? null : this.#point(event));
    }
  }

  #up(event, cancelled = false) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#pan) {
      // A finger that stays after a pinch does not begin to paint.
      this.#pan = this.#pointers.size ? this.#spread() : null;
      this.#cursor();
    } else if (this.#drawing === event.pointerId) {
      if (cancelled) this.#stop();
      else {
        this.#drawing = null;
        this.#handler.up?.(this.#point(event), event);
      }
    }
  }

  #stop() {
    if (this.#drawing === null) return;
    this.#drawing = null;
    this.#handler.cancel?.();
  }

  /** The middle of all pointers that are down, and how far they are apart. */
  #spread() {
    const [one, other] = [...this.#pointers.values()];
    if (!other) return { x: one.x, y: one.y, apart: 0 };
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, apart: Math.hypot(one.x - other.x, one.y - other.y) };
  }

  #hover(point) {
    const { cursor } = this.#handler;
    this.#handler.hover?.(point);
    if (this.#handler.cursor !== cursor || !this.stage.canvas.style.cursor) this.#cursor();
  }

  /** The handler or what it does at a point changed. */
  refresh() {
    this.#lift();
    this.#cursor();
  }

  #wheel(event) {
    event.preventDefault();
    const { x, y } = this.#at(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey) this.stage.move(-(event.deltaX || event.deltaY) * lines, 0);
    else this.stage.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), x, y);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = KEYS[event.key];
    if (arrow) this.#arrow(arrow, event);
    else if (event.key === " ") this.#press(event);
    else if (event.key === "Enter" && this.#handler.confirm?.()) this.stage.redraw();
    else if (event.key === "Enter" && this.#handler.crosshair) this.#pen();
    else if (event.key === "Escape" && (this.penDown || this.#drawing !== null)) this.#escape(event);
    else return;
    event.preventDefault();
  }

  #arrow([right, down], event) {
    const { stage } = this;
    if (this.hand) return stage.move(-right * PAN, -down * PAN);
    if (this.#handler.arrow?.(right, down, event)) return undefined;
    if (!this.#handler.crosshair) return stage.move(-right * PAN, -down * PAN);
    const { width, height } = stage.size;
    const from = this.crosshair ?? { x: width / 2, y: height / 2, fresh: true };
    const step = (this.#handler.stride?.() ?? Math.max(1, Math.round(8 / stage.view.scale))) * (event.shiftKey ? 4 : 1);
    const inside = (value, most) => Math.min(most - 0.5, Math.max(0.5, value));
    const to = { x: inside(from.x + right * step, width), y: inside(from.y + down * step, height) };
    this.#place(from.fresh ? from : to);
    if (this.penDown) this.#handler.move?.(this.crosshair, event);
    return undefined;
  }

  #place(point) {
    this.crosshair = { x: point.x, y: point.y };
    this.stage.reveal(this.crosshair);
    this.#handler.hover?.(this.crosshair);
    this.stage.redraw();
  }

  #press(event) {
    if (event.repeat) return;
    if (this.crosshair && this.#handler.crosshair) {
      if (!this.penDown) this.#pen();
      this.held = true;
    } else if (this.#handler.press?.() !== true) {
      this.#space = true;
      this.#cursor();
    }
  }

  /** Enter lowers the pen and raises it: for those who cannot hold a key while pressing another. */
  #pen() {
    if (!this.crosshair) return this.#arrow([0, 0], {});
    this.penDown = !this.penDown;
    this.#handler[this.penDown ? "down" : "up"]?.(this.crosshair, { button: 0 });
    this.stage.redraw();
    return undefined;
  }

  #lift() {
    this.held = false;
    if (this.penDown) this.#pen();
  }

  #keyUp(event) {
    if (event.key !== " ") return;
    if (this.held) this.#lift();
    this.#space = false;
    this.#cursor();
  }

  #escape(event) {
    event.stopPropagation();
    this.penDown = false;
    this.held = false;
    this.#drawing = null;
    this.#handler.cancel?.();
    this.stage.redraw();
  }

  #blur() {
    this.#lift();
    this.#space = false;
    this.#hideCrosshair();
  }

  #hideCrosshair() {
    if (!this.crosshair) return;
    this.#lift();
    this.crosshair = null;
    this.stage.redraw();
  }

  /** Draw the crosshair: light on dark, so that it is seen on any picture. */
  draw(context) {
    if (!this.crosshair) return;
    const { x, y } = this.stage.toScreen(this.crosshair.x, this.crosshair.y);
    for (const [colour, width] of [["#000", 4], ["#fff", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      for (const [right, down] of Object.values(KEYS)) {
        context.moveTo(x + right * 4, y + down * 4);
        context.lineTo(x + right * 14, y + down * 14);
      }
      context.stroke();
    }
    if (!this.penDown) return;
    context.fillStyle = "#fff";
    context.fillRect(x - 2, y - 2, 4, 4);
  }

  close() {
    this.#stop();
    this.#pointers.clear();
  }
}
