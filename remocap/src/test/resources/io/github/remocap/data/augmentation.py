"""Makes augmentation.npz and corners.npz: what OpenCV gives for the reference's crop, rotation, flip and noise. Needs python3-opencv and torch.

The formulas are those of METRO, FastMETRO and RemoCap (utils/image_ops.py and datasets/human_mesh_tsv*.py).
"""
import cv2
import numpy as np
import torch

RES = 48
rng = np.random.default_rng(7)


def matrix(center, scale, res, rot):
    h = 200 * scale
    t = np.zeros((3, 3))
    t[0, 0] = t[1, 1] = float(res) / h
    t[0, 2] = res * (-float(center[0]) / h + .5)
    t[1, 2] = res * (-float(center[1]) / h + .5)
    t[2, 2] = 1
    if rot != 0:
        r = -rot * np.pi / 180
        turn = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
        to = np.eye(3)
        to[:2, 2] = -res / 2
        back = np.eye(3)
        back[:2, 2] = res / 2
        t = back @ (turn @ (to @ t))
    return t


def place(pt, center, scale, res, invert=False, rot=0):
    t = matrix(center, scale, res, rot)
    if invert:
        t = torch.inverse(torch.from_numpy(t)).numpy()
    return np.dot(t, np.array([pt[0] - 1, pt[1] - 1, 1.]))[:2].astype(int) + 1


def corners(center, scale, res):
    return (np.array(place([1, 1], center, scale, res, True)) - 1, np.array(place([res + 1, res + 1], center, scale, res, True)) - 1)


def crop(img, center, scale, res, rot):
    # The same corners without the rounding of torch.inverse, which differs between versions where a corner is a whole number.
    ul, br = (np.round(np.array(center) + side * 100 * scale, 4).astype(int) for side in (-1, 1))
    pad = int(np.linalg.norm(br - ul) / 2 - float(br[1] - ul[1]) / 2)
    if rot != 0:
        ul = ul - pad
        br = br + pad
    out = np.zeros((br[1] - ul[1], br[0] - ul[0], 3))
    x0, x1 = max(0, -ul[0]), min(br[0], img.shape[1]) - ul[0]
    y0, y1 = max(0, -ul[1]), min(br[1], img.shape[0]) - ul[1]
    out[y0:y1, x0:x1] = img[max(0, ul[1]):min(img.shape[0], br[1]), max(0, ul[0]):min(img.shape[1], br[0])]
    if rot != 0:
        h, w = out.shape[:2]
        out = cv2.warpAffine(out, cv2.getRotationMatrix2D(((w - 1) * .5, (h - 1) * .5), rot, 1.0), (w, h), borderValue=0)
        out = out[pad:-pad, pad:-pad]
    return cv2.resize(out, (res, res), interpolation=cv2.INTER_LINEAR)


FLIP = [5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 12, 13, 14, 15, 16, 17, 18, 19, 21, 20, 23, 22]
POSE = [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11, 15, 16, 17, 12, 13, 14, 18, 19, 20, 24, 25, 26, 21, 22, 23, 27, 28, 29, 33, 34, 35, 30, 31, 32, 36, 37, 38,
        42, 43, 44, 39, 40, 41, 45, 46, 47, 51, 52, 53, 48, 49, 50, 57, 58, 59, 54, 55, 56, 63, 64, 65, 60, 61, 62, 69, 70, 71, 66, 67, 68]

y, x = np.mgrid[0:120, 0:150]
picture = np.stack([128 + 100 * np.sin(x / 9) * np.cos(y / 7), 255 * ((x // 8 + y // 8) % 2), rng.integers(0, 256, x.shape)], 2).clip(0, 255).astype(np.uint8)
cases = [((75, 60), .5, 0, 0, (1, 1, 1)), ((75.3, 60.8), .31, 0, 1, (1, 1, 1)), ((70, 66), .4, 30, 0, (1, 1, 1)), ((81.7, 52.1), .33, -17.3, 1, (1.3, .7, .9)),
         ((20, 100), .45, 58.2, 0, (.61, 1.4, 1)), ((149, 0), .27, -60, 1, (1, 1.2, .8)), ((75, 60), .125, 3.7, 0, (1, 1, 1)), ((60.5, 61.5), .9, 44.4, 1, (1, 1, 1))]
j2d = np.concatenate([rng.uniform(0, 150, (24, 2)), rng.uniform(0, 1, (24, 1))], 1)
j3d = np.concatenate([rng.uniform(-1, 1, (24, 3)), rng.uniform(0, 1, (24, 1))], 1).astype(np.float32).astype(float)
j2d = j2d.astype(np.float32).astype(float)
pose = rng.uniform(-1.2, 1.2, 72).astype(np.float32)
images, joints2, joints3, poses = [], [], [], []
for center, scale, rot, flip, noise in cases:
    img = crop(picture, center, scale, RES, rot)
    if flip:
        img = np.fliplr(img)
    images.append(np.minimum(255., np.maximum(0., img * np.array(noise))).astype(np.float32))
    k = j2d.copy()
    for i in range(24):
        k[i, :2] = place(k[i, :2] + 1, center, scale, RES, rot=rot)
    k[:, :-1] = 2. * k[:, :-1] / RES - 1
    s = j3d.copy()
    s[:, :3] -= s[14, :3].copy()
    if rot != 0:
        r = -rot * np.pi / 180
        s[:, :3] = s[:, :3] @ np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]]).T
    p = pose.copy()
    a = np.deg2rad(-rot)
    p[:3] = cv2.Rodrigues(np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) @ cv2.Rodrigues(p[:3])[0])[0].T[0]
    if flip:
        k = k[FLIP]
        k[:, 0] *= -1
        s = s[FLIP]
        s[:, 0] *= -1
        p = p[POSE]
        p[1::3] *= -1
        p[2::3] *= -1
    joints2.append(k), joints3.append(s), poses.append(p)
f = lambda v: np.asarray(v, np.float32)
np.savez("augmentation.npz", picture=picture, cases=np.array([[*c, s, r, fl, *n] for c, s, r, fl, n in cases], np.float64), images=f(images), j2d=f(j2d), j3d=f(j3d),
         pose=f(pose), joints2=f(joints2), joints3=f(joints3), poses=f(poses))

boxes, cut = [], []
for i in range(400):  # whole and half pixels, too: there roundings decide
    center = rng.integers(0, 4000, 2) / 2 if i % 2 else rng.uniform(0, 2000, 2)
    scale = rng.integers(50, 1200) / 200 if i % 4 < 2 else rng.uniform(.2, 6)
    boxes.append([*center, scale])
    cut.append(np.concatenate(corners(center, scale, 224)))
np.savez("corners.npz", boxes=np.array(boxes), corners=np.array(cut, np.int32))
