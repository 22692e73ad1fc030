// The 3D viewer: one for each figure.viewer, with the clip in the script element after it (see ClipData.java).
import * as THREE from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';

const MODES = { prediction: [true, false], truth: [false, true], side: [true, true], overlay: [true, true] };
const LOOKS = { front: [0, 0.12, 1], side: [1, 0.12, 0.0001], back: [0, 0.12, -1], top: [0, 1, 0.0001] };
const PLAY = 'M3 1.5v13l11-6.5z', PAUSE = 'M3 1.5h3.5v13H3zM9.5 1.5H13v13H9.5z';
// Viridis (Smith and van der Walt, 2015; CC0) at equal distances.
const COLOURS = ['#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30', '#fde725'].map(c => new THREE.Color(c));

async function unpack(text, Type) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Type(await new Response(stream).arrayBuffer());
}

/** Steps of all frames from differences between frames, modulo 2^16. */
async function steps(text, row) {
  const values = await unpack(text, Uint16Array);
  for (let i = row; i < values.length; i++) values[i] += values[i - row];
  return values;
}

/** Distance in mm of every vertex of a frame. */
function distances(clip, frame, out) {
  const { predicted, truth, step } = clip, row = 3 * clip.vertices;
  for (let v = 0, i = frame * row; v < clip.vertices; v++, i += 3) {
    const x = (predicted[i] - truth[i]) * step[0], y = (predicted[i + 1] - truth[i + 1]) * step[1], z = (predicted[i + 2] - truth[i + 2]) * step[2];
    out[v] = 1000 * Math.sqrt(x * x + y * y + z * z);
  }
  return out;
}

/** Mean error of each frame, and a round number that 98 % of all vertices' errors stay below. */
function errorsOf(clip) {
  const one = new Float32Array(clip.vertices), means = [], counts = new Uint32Array(5000);
  for (let f = 0; f < clip.frames; f++) {
    let sum = 0;
    for (const d of distances(clip, f, one)) {
      sum += d;
      counts[Math.min(4999, Math.floor(d))]++;
    }
    means.push(sum / clip.vertices);
  }
  let rest = 0.98 * clip.frames * clip.vertices, limit = 0;
  while (limit < 4999 && (rest -= counts[limit]) > 0) limit++;
  return { means, limit: [5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000].find(n => n >= limit + 1) };
}

class Viewer {
  constructor(root, clip) {
    this.root = root;
    this.clip = clip;
    this.frame = 0;
    this.playing = false;
    this.mode = clip.truth ? 'side' : 'prediction';
    this.errors = clip.truth ? errorsOf(clip) : null;
    this.scene();
    this.controls();
    this.show(0);
    new ResizeObserver(() => this.resize()).observe(this.stage);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.paint());
  }

  $(selector) { return this.root.querySelector(selector); }

  scene() {
    this.stage = this.$('.stage');
    this.canvas = this.$('canvas');
    this.renderer = new THREE.WebGLRenderer({ canvas: this.canvas, antialias: true, alpha: true });
    this.renderer.setPixelRatio(Math.min(2, devicePixelRatio));
    this.renderer.shadowMap.enabled = true;
    this.world = new THREE.Scene();
    this.camera = new THREE.PerspectiveCamera(32, 1, 0.01, 1000);
    this.orbit = new OrbitControls(this.camera, this.canvas);
    this.orbit.addEventListener('change', () => this.invalidate());

    const { origin, step } = this.clip;
    const a = new THREE.Vector3(...origin), b = new THREE.Vector3(...origin.map((o, k) => o + 65535 * step[k]));
    this.box = new THREE.Box3().setFromPoints([a, b]);
    const size = this.box.getSize(new THREE.Vector3()), middle = this.box.getCenter(new THREE.Vector3()), extent = size.length();
    this.apart = 1.15 * size.x;

    this.world.add(new THREE.HemisphereLight(0xffffff, 0x8a8378, 1.5));
    const key = new THREE.DirectionalLight(0xfff4e6, 2.2);
    key.position.copy(middle).add(new THREE.Vector3(-0.6, 1.5, 1.1).multiplyScalar(extent));
    key.target.position.copy(middle);
    key.castShadow = true;
    key.shadow.mapSize.set(1024, 1024);
    key.shadow.radius = 5;
    Object.assign(key.shadow.camera, { left: -1.6 * extent, right: 1.6 * extent, top: 1.6 * extent, bottom: -1.6 * extent, near: 0.1 * extent, far: 5 * extent });
    const fill = new THREE.DirectionalLight(0xdfe9ff, 0.7);
    fill.position.set(2, 0.6, 0.8);
    this.world.add(key, key.target, fill);

    const floor = new THREE.Mesh(new THREE.PlaneGeometry(20 * extent, 20 * extent), new THREE.ShadowMaterial({ opacity: 0.22 }));
    floor.rotation.x = -Math.PI / 2;
    floor.position.set(middle.x, this.box.min.y, middle.z);
    floor.receiveShadow = true;
    const cells = 2 * Math.ceil(2 * extent);
    this.grid = new THREE.GridHelper(cells / 2, cells); // half a metre a cell
    this.grid.position.copy(floor.position);
    floor.position.y -= 0.002 * extent;
    this.grid.material.transparent = true;
    this.grid.material.opacity = 0.5;
    this.world.add(floor, this.grid);

    this.meshes = { prediction: this.mesh(this.clip.predicted) };
    if (this.clip.truth) this.meshes.truth = this.mesh(this.clip.truth);
    this.paint();
  }

  mesh(steps) {
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute('position', new THREE.BufferAttribute(new Float32Array(3 * this.clip.vertices), 3));
    geometry.setAttribute('color', new THREE.BufferAttribute(new Float32Array(3 * this.clip.vertices), 3));
    geometry.setIndex(new THREE.BufferAttribute(this.clip.faces, 1));
    const mesh = new THREE.Mesh(geometry, new THREE.MeshLambertMaterial({ side: THREE.DoubleSide }));
    mesh.castShadow = true;
    mesh.frustumCulled = false;
    mesh.userData.steps = steps;
    this.world.add(mesh);
    return mesh;
  }

  controls() {
    const scrub = this.$('.scrub');
    scrub.addEventListener('input', () => { this.play(false); this.show(+scrub.value); });
    this.$('.play').addEventListener('click', () => this.play(!this.playing));
    for (const button of this.root.querySelectorAll('.step')) {
      button.addEventListener('click', () => this.stepBy(+button.dataset.by));
    }
    this.canvas.addEventListener('keydown', event => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === ' ') this.play(!this.playing);
      else if (by) this.stepBy(by);
      else return;
      event.preventDefault();
    });
    for (const button of this.root.querySelectorAll('[data-look]')) {
      button.addEventListener('click', () => this.look(button.dataset.look));
    }
    const name = 'mode' + Math.random();
    for (const radio of this.root.querySelectorAll('.modes input')) {
      radio.name = name;
      radio.checked = radio.value === this.mode;
      radio.addEventListener('change', () => { this.mode = radio.value; this.paint(); this.look(); });
    }
    for (const box of ['.wire', '.by-error']) this.$(box).addEventListener('change', () => this.paint());
    this.$('.modes').hidden = this.$('.colours').hidden = !this.clip.truth;
    if (this.errors && this.clip.frames > 1) this.drawErrors();
    this.$('.photo').hidden = !this.clip.pictures.length;
    this.$('.time').hidden = this.clip.frames < 2;
  }

  drawErrors() {
    const { means } = this.errors, svg = this.$('.errors'), most = Math.max(...means, 1e-9), last = means.length - 1;
    svg.setAttribute('viewBox', `0 0 ${last} 1`);
    svg.setAttribute('aria-label', `Mean vertex error of each frame, from ${Math.min(...means).toFixed(1)} to ${most.toFixed(1)} mm`);
    svg.innerHTML = `<polyline points="${means.map((e, f) => `${f},${(1 - 0.95 * e / most).toFixed(4)}`).join(' ')}"/><line y1="0" y2="1"/>`;
    svg.removeAttribute('hidden');
  }

  stepBy(by) {
    this.play(false);
    this.show((this.frame + by + this.clip.frames) % this.clip.frames);
  }

  /** Colours, transparency and places, by mode and options. */
  paint() {
    const style = getComputedStyle(this.root), byError = this.errors && this.$('.by-error').checked, wire = this.$('.wire').checked;
    const visible = MODES[this.mode];
    ['prediction', 'truth'].forEach((name, i) => {
      const mesh = this.meshes[name];
      if (!mesh) return;
      mesh.visible = visible[i];
      mesh.position.x = this.mode === 'side' ? (i - 0.5) * this.apart : 0;
      const coloured = byError && name === 'prediction', veil = this.mode === 'overlay' && name === 'truth';
      const m = mesh.material;
      m.vertexColors = coloured;
      m.color.set(coloured ? '#ffffff' : style.getPropertyValue('--' + name).trim());
      m.wireframe = wire;
      m.transparent = veil;
      m.opacity = veil ? 0.4 : 1;
      m.depthWrite = !veil;
      mesh.castShadow = !veil;
      m.needsUpdate = true;
    });
    this.grid.material.vertexColors = false;
    this.grid.material.color.set(style.getPropertyValue('--quiet').trim());
    this.grid.material.needsUpdate = true;
    const names = ['prediction', 'truth'].filter((name, i) => this.meshes[name] && visible[i]);
    this.$('.names').innerHTML = names.map(name => `<span><i style="background:var(--${name})"></i>${name}</span>`).join('');
    const scale = this.$('.scale');
    scale.hidden = !byError || !visible[0];
    if (byError) {
      scale.firstElementChild.style.background = `linear-gradient(90deg, ${COLOURS.map(c => '#' + c.getHexString()).join(', ')})`;
      scale.lastElementChild.innerHTML = `<b>0</b><b>${this.errors.limit / 2}</b><b>≥ ${this.errors.limit} mm</b>`;
    }
    this.pose();
  }

  /** Goes to a frame. */
  show(frame) {
    this.frame = frame;
    const { clip } = this, seconds = (frame / clip.framesPerSecond).toFixed(2);
    const scrub = this.$('.scrub'), title = clip.frameNames[frame];
    scrub.value = frame;
    scrub.setAttribute('aria-valuetext', `frame ${frame + 1} of ${clip.frames}`);
    this.$('.now').textContent = `frame ${frame + 1} of ${clip.frames}${title ? ` (${title})` : ''}, ${seconds} s`;
    if (this.errors) {
      this.$('.error').textContent = `mean vertex error ${this.errors.means[frame].toFixed(1)} mm`;
      const line = this.$('.errors line');
      if (line) ['x1', 'x2'].forEach(x => line.setAttribute(x, frame));
    }
    if (clip.pictures.length) {
      const img = this.$('.photo img');
      img.src = clip.pictures[frame].url;
      img.alt = clip.pictures[frame].label;
    }
    this.pose();
  }

  /** Brings the visible meshes to the frame. */
  pose() {
    const { clip } = this, row = 3 * clip.vertices, from = this.frame * row;
    for (const mesh of Object.values(this.meshes)) {
      if (!mesh.visible) continue;
      const { steps } = mesh.userData, position = mesh.geometry.attributes.position;
      for (let i = 0; i < row; i++) position.array[i] = clip.origin[i % 3] + clip.step[i % 3] * steps[from + i];
      position.needsUpdate = true;
      mesh.geometry.computeVertexNormals();
      if (mesh.material.vertexColors) this.colour(mesh.geometry.attributes.color);
    }
    this.invalidate();
  }

  colour(attribute) {
    const all = distances(this.clip, this.frame, new Float32Array(this.clip.vertices)), mixed = new THREE.Color();
    all.forEach((d, v) => {
      const at = Math.min(d / this.errors.limit, 1) * (COLOURS.length - 1), i = Math.min(Math.floor(at), COLOURS.length - 2);
      mixed.lerpColors(COLOURS[i], COLOURS[i + 1], at - i).toArray(attribute.array, 3 * v);
    });
    attribute.needsUpdate = true;
  }

  play(on) {
    if (on === this.playing || on && this.clip.frames < 2) return;
    this.playing = on;
    this.$('.play path').setAttribute('d', on ? PAUSE : PLAY);
    this.$('.play').setAttribute('aria-label', on ? 'Pause' : 'Play');
    if (!on) return;
    let at = this.frame, before = performance.now();
    const tick = now => {
      if (!this.playing) return;
      // A tab that was in the background goes on where it was.
      at = (at + Math.max(0, Math.min(now - before, 250)) / 1000 * this.clip.framesPerSecond * +this.$('.speed').value) % this.clip.frames;
      before = now;
      if (Math.floor(at) !== this.frame) this.show(Math.floor(at));
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** Looks at all that is shown, from a side or from where the camera is. */
  look(from) {
    const box = this.box.clone();
    if (this.mode === 'side') {
      box.min.x -= this.apart / 2;
      box.max.x += this.apart / 2;
    }
    const middle = box.getCenter(new THREE.Vector3()), size = box.getSize(new THREE.Vector3());
    const direction = from ? new THREE.Vector3(...LOOKS[from]) : this.camera.position.clone().sub(this.orbit.target);
    direction.normalize();
    const flat = Math.hypot(direction.x, direction.z);
    const width = flat > 0.01 ? (Math.abs(direction.z) * size.x + Math.abs(direction.x) * size.z) / flat : size.x;
    const height = flat * size.y + Math.abs(direction.y) * (flat > 0.01 ? Math.hypot(size.x, size.z) : size.z);
    const depth = Math.abs(direction.x) * size.x + Math.abs(direction.y) * size.y + Math.abs(direction.z) * size.z;
    const half = Math.tan(THREE.MathUtils.degToRad(this.camera.fov / 2));
    const distance = 1.08 * Math.max(height / 2, width / 2 / this.camera.aspect) / half + depth / 2;
    this.orbit.target.copy(middle);
    this.camera.position.copy(middle).addScaledVector(direction, distance);
    this.camera.near = distance / 100;
    this.camera.far = distance * 100;
    this.camera.updateProjectionMatrix();
    this.orbit.update();
    this.invalidate();
  }

  resize() {
    const { clientWidth: w, clientHeight: h } = this.stage;
    if (!w || !h) return;
    const first = !this.sized;
    this.sized = true;
    this.renderer.setSize(w, h, false);
    this.camera.aspect = w / h;
    this.camera.updateProjectionMatrix();
    if (first) this.look('front');
    this.render();
  }

  /** Draws once, soon. */
  invalidate() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.render());
  }

  render() {
    this.waiting = false;
    if (!this.sized) return;
    this.renderer.render(this.world, this.camera);
    if (this.root.dataset.state === 'loading') {
      this.root.dataset.state = 'ready';
      this.$('.trouble').hidden = true;
    }
  }
}

async function open(root) {
  const clip = JSON.parse(root.nextElementSibling.textContent);
  if (!document.createElement('canvas').getContext('webgl2')) throw new Error('this browser shows no WebGL 2');
  if (!('DecompressionStream' in window)) throw new Error('this browser is too old (2023 or later is needed)');
  const row = 3 * clip.vertices;
  clip.faces = await unpack(clip.faces, Uint32Array);
  clip.predicted = await steps(clip.predicted, row);
  if (clip.truth) clip.truth = await steps(clip.truth, row);
  new Viewer(root, clip);
}

for (const root of document.querySelectorAll('figure.viewer')) {
  open(root).catch(error => {
    console.error(error);
    root.dataset.state = 'failed';
    root.querySelector('.trouble').textContent = 'The 3D view cannot be shown: ' + error.message;
    root.querySelector('.controls').hidden = true;
  });
}
