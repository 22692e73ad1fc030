"""Makes two sequences in the layout of 3DPW's sequenceFiles: dicts pickled as Python 2 does it (protocol 2, byte strings).

downtown_bar_00: two persons, 12 pictures, rows at 30 a second besides those at 60; the second person's camera is not valid in picture 4.
made_up_00: one person, 9 pictures, rows at 60 a second only.
"""
import io
import pickle
import struct

import numpy as np


class Python2(pickle._Pickler):
    """Texts and bytes as Python 2's str."""
    dispatch = dict(pickle._Pickler.dispatch)

    def text(self, value):
        data = value.encode("latin1") if isinstance(value, str) else value
        self.write((b"U" + bytes([len(data)]) if len(data) < 256 else b"T" + struct.pack("<i", len(data))) + data)
        self.memoize(value)

    dispatch[str] = text
    dispatch[bytes] = text


rng = np.random.default_rng(3)


def motion(frames):
    t = np.arange(frames)[:, None] / frames
    pose = .3 * np.sin(6 * t + rng.uniform(0, 6, (1, 72)))
    pose[:, :3] = [0.1, 0.4, 0] + .1 * t
    return pose, np.concatenate([.5 * t - .2, .1 + 0 * t, .3 * t], 1)


def cameras(frames):
    out = np.tile(np.eye(4), (frames, 1, 1))
    for f in range(frames):
        a = .05 * f
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        out[f, :3, :3] = turn @ np.diag([1., -1, -1])  # the world's y goes up
        out[f, :3, 3] = [.1, .9, 3.5]
    return out


def sequence(name, persons, frames, only60):
    ids = np.arange(frames) * 2 + 1
    data = dict(sequence=name, cam_poses=cameras(frames), cam_intrinsics=np.array([[120., 0, 80], [0, 120, 60], [0, 0, 1]]), img_frame_ids=ids,
                betas=[rng.uniform(-1, 1, 10) for _ in range(persons)], genders=["f", "m"][:persons],
                campose_valid=[np.ones(frames, dtype=np.int64) for _ in range(persons)], poses_60Hz=[], trans_60Hz=[], texture_maps=[],
                poses2d=[rng.uniform(0, 100, (frames, 3, 18)) for _ in range(persons)])
    for p in range(persons):
        pose, trans = motion(2 * frames + 1)
        data["poses_60Hz"].append(pose)
        data["trans_60Hz"].append(trans + [p * .8, 0, 0])
    if not only60:
        data["poses"] = [p[ids] for p in data["poses_60Hz"]]
        data["trans"] = [t[ids] for t in data["trans_60Hz"]]
    if persons == 2:
        data["campose_valid"][1][4] = 0
    out = io.BytesIO()
    Python2(out, 2).dump(data)
    open(name + ".pkl", "wb").write(out.getvalue())


sequence("downtown_bar_00", 2, 12, False)
sequence("made_up_00", 1, 9, True)
