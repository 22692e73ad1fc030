package io.github.remocap.synthetic;

import io.github.remocap.render.Light;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * A place with a person whose body is to be found, what hides it now and then, and a camera that follows. The person is near the origin.
 *
 * @param person the one that the truth is about
 * @param others further persons; some cross between camera and person
 * @param blocks furniture, before and behind the person
 * @param backdrop what is far behind
 * @param light its light
 * @param focal focal length in pixels
 * @param camera the viewpoint at a time in seconds
 */
record Scene(Actor person, List<Actor> others, List<Block> blocks, Backdrop backdrop, Light light, double focal, DoubleFunction<Viewpoint> camera) {
    /** The usual height of cameras, metres. */
    private static final double EYES = 1.25;

    /**
     * A random scene.
     *
     * @param kind the person's motion
     * @param duration in seconds
     * @param size side of the frames in pixels
     * @param clutter how much there is besides the person, 0 to 1
     * @param turned how far the person may turn away from the camera, 0 to 1
     * @param variety how much clothes, places and the height of the camera differ, 0 to 1
     */
    static Scene of(Dice dice, Motions kind, double duration, int size, double clutter, double turned, double variety) {
        double heading = dice.normal(0.55 * turned);
        Actor person = Actor.of(dice.named("person"), kind.motion(dice.named("motion"), duration, heading, turned), 0, 0, variety);
        double focal = size * dice.between(1.3, 1.9);
        double distance = focal / size * 1.75 / dice.between(0.62, 0.78);
        List<Actor> others = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        occluders(dice.named("occluders"), clutter, duration, distance, others, blocks);
        bystanders(dice.named("bystanders"), clutter, duration, others, blocks);
        return new Scene(person, others, blocks, new Backdrop(dice.named("backdrop"), size, clutter, variety), light(dice), focal,
            camera(dice.named("camera"), person, distance, duration, variety));
    }

    /** Between camera and person: somebody who walks by in one scene of three, posts and low walls in another third. */
    private static void occluders(Dice dice, double clutter, double duration, double distance, List<Actor> others, List<Block> blocks) {
        double which = dice.between(0, 1 / Math.max(clutter, 1e-9));
        double near = distance * dice.between(0.2, 0.35);
        if (which < 0.33) {
            double way = dice.chance(0.5) ? Math.PI / 2 : -Math.PI / 2;
            Motion walk = Motions.WALKING.motion(dice, duration, way, 1);
            others.add(Actor.of(dice, walk, dice.between(-0.3, 0.3), near, 1));
        } else if (which < 0.5) {
            blocks.add(new Block(dice, dice.between(-0.25, 0.25), 0, near, dice.between(0.08, 0.2), dice.between(1.2, 2.6), 0.15));
        } else if (which < 0.67) {
            blocks.add(new Block(dice, dice.between(-0.4, 0.4), 0, near, dice.between(0.4, 1.4), dice.between(0.35, 0.85), dice.between(0.2, 0.5)));
        }
    }

    private static void bystanders(Dice dice, double clutter, double duration, List<Actor> others, List<Block> blocks) {
        int persons = (int) Math.round(clutter * dice.between(-0.5, 2.5));
        for (int i = 0; i < persons; i++) {
            Motions kind = Motions.SEEN.get(dice.below(Motions.SEEN.size()));
            others.add(Actor.of(dice, kind.motion(dice, duration, dice.between(-3, 3), 1), side(dice) * dice.between(0.7, 2), -dice.between(0.8, 3), 1));
        }
        int things = (int) Math.round(clutter * dice.between(-0.5, 3.5));
        for (int i = 0; i < things; i++) {
            blocks.add(new Block(dice, side(dice) * dice.between(0.3, 2), dice.chance(0.2) ? dice.between(0.5, 1.5) : 0, -dice.between(0.6, 3),
                dice.between(0.1, 1), dice.between(0.2, 1.6), dice.between(0.1, 0.8)));
        }
    }

    private static int side(Dice dice) {
        return dice.chance(0.5) ? 1 : -1;
    }

    private static Light light(Dice dice) {
        double around = dice.between(-2, 2);
        double height = dice.between(0.2, 1.2);
        return new Light((float) (Math.cos(height) * Math.sin(around)), (float) -Math.sin(height), (float) (-Math.cos(height) * Math.cos(around)),
            (float) dice.between(0.4, 1.0), (float) dice.between(0.25, 0.6), (float) dice.between(0.85, 1.25));
    }

    /** A hand-held camera: it sways, comes nearer or not, and follows the person a little late and not exactly. */
    private static DoubleFunction<Viewpoint> camera(Dice dice, Actor person, double distance, double duration, double variety) {
        double high = EYES + (dice.between(0.8, 1.7) - EYES) * variety;
        Course away = Course.wander(dice, duration, 2, 0.92 * distance, 1.08 * distance);
        Course aside = Course.wander(dice, duration, 1.5, -0.25, 0.25);
        Course shakeX = Course.wander(dice, duration, 0.4, -0.025, 0.025);
        Course shakeY = Course.wander(dice, duration, 0.4, -0.02, 0.02);
        return t -> {
            Motion.Moment followed = person.motion().at(t - 0.15);
            double x = 0.5 * followed.x() + aside.at(t);
            double z = followed.z() + away.at(t);
            double right = Math.atan2(followed.x() - x, away.at(t)) + shakeX.at(t);
            double down = Math.atan2(high - 0.88, away.at(t)) + shakeY.at(t);
            return new Viewpoint(x, high, z, right, down);
        };
    }
}
