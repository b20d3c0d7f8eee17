package org.sparkmim.job.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Toys on a ground in front of a wall, seen by a camera.
 *
 * @param toys the labelled toy first, then what stands around it
 * @param sun direction towards the light, of unit length
 * @param sunlight linear colour of the direct light
 * @param skylight linear colour of the light from everywhere
 */
record Scene(
    List<Toy> toys,
    Ground ground,
    Vec groundColour,
    Vec wallColour,
    double wallDistance,
    Vec eye,
    Vec look,
    double fieldOfView,
    Vec sun,
    Vec sunlight,
    Vec skylight,
    long grain) {

  /** A scene around one toy of the class; everything else is drawn independently of the class. */
  static Scene random(ToyClass toyClass, SplittableRandom random) {
    double size = random.nextDouble(0.85, 1.25);
    Vec place = new Vec(random.nextDouble(-0.5, 0.5), 0, random.nextDouble(-0.4, 0.4));
    List<Toy> toys = new ArrayList<>();
    toys.add(
        Toy.random(toyClass.solid, toyClass.pattern, place, size, Colours.print(random), random));
    double direction = random.nextDouble(-0.6, 0.6);
    double height = random.nextDouble(0.12, 0.5);
    Vec toEye = new Vec(StrictMath.sin(direction), height, -StrictMath.cos(direction));
    Vec eye = toEye.times(random.nextDouble(4.4, 6.2));
    Vec look = new Vec(0, random.nextDouble(0.65, 1.05), 0);
    addClutter(toys, eye, random);
    double sunTurn = random.nextDouble(-2.2, 2.2);
    Vec sun =
        new Vec(StrictMath.sin(sunTurn), random.nextDouble(0.5, 1.6), -StrictMath.cos(sunTurn))
            .unit();
    double strength = random.nextDouble(0.45, 1.15);
    double warmth = random.nextDouble(-0.15, 0.2);
    return new Scene(
        toys,
        Ground.values()[random.nextInt(Ground.values().length)],
        Colours.surface(random),
        Colours.surface(random),
        random.nextDouble(2.5, 9),
        eye,
        look,
        random.nextDouble(0.36, 0.46),
        sun,
        new Vec(1 + warmth, 1, 1 - warmth).times(strength),
        new Vec(1 - warmth / 2, 1, 1 + warmth / 2).times(random.nextDouble(0.25, 0.5)),
        random.nextLong());
  }

  /** Plain bodies beside and behind the toy, where they cannot hide it. */
  private static void addClutter(List<Toy> toys, Vec eye, SplittableRandom random) {
    int count = random.nextInt(4);
    Vec right = Vec.UP.cross(eye.times(-1)).unit();
    Vec back = new Vec(-eye.x(), 0, -eye.z()).unit();
    Solid[] solids = Solid.values();
    for (int i = 0; i < count; i++) {
      double side = random.nextBoolean() ? 1 : -1;
      Vec place =
          right
              .times(side * random.nextDouble(1.6, 3.2))
              .plus(back.times(random.nextDouble(0.3, 2.4)));
      toys.add(
          Toy.random(
              solids[random.nextInt(solids.length)],
              Pattern.PLAIN,
              place,
              random.nextDouble(0.35, 0.85),
              Colours.print(random),
              random));
    }
  }
}
