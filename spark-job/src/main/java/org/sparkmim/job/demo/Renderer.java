package org.sparkmim.job.demo;

/** Casts the rays of one scene: direct light with soft shadows, light from the sky, far haze. */
final class Renderer {

  /** Rays along each side of a pixel. */
  private static final int GRID = 2;

  private final Scene scene;
  private final Vec forward;
  private final Vec right;
  private final Vec up;

  Renderer(Scene scene) {
    this.scene = scene;
    this.forward = scene.look().minus(scene.eye()).unit();
    this.right = Vec.UP.cross(forward).unit();
    this.up = forward.cross(right);
  }

  /** Linear RGB planes, {@code [3 * height * width]}, open upwards. */
  float[] render(int width, int height) {
    int area = width * height;
    float[] planes = new float[3 * area];
    double scale = 2 * scene.fieldOfView() / Math.min(width, height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        Vec sum = new Vec(0, 0, 0);
        for (int s = 0; s < GRID * GRID; s++) {
          double px = x + (s % GRID + 0.5) / GRID - width / 2.0;
          double py = height / 2.0 - y - (s / GRID + 0.5) / GRID;
          Vec along = forward.plus(right.times(px * scale)).plus(up.times(py * scale)).unit();
          sum = sum.plus(colour(along, s));
        }
        int at = y * width + x;
        planes[at] = (float) (sum.x() / (GRID * GRID));
        planes[area + at] = (float) (sum.y() / (GRID * GRID));
        planes[2 * area + at] = (float) (sum.z() / (GRID * GRID));
      }
    }
    return planes;
  }

  private Vec colour(Vec along, int sample) {
    Vec eye = scene.eye();
    Toy nearest = null;
    Solid.Hit hit = null;
    for (Toy toy : scene.toys()) {
      Solid.Hit candidate = toy.intersect(eye, along);
      if (candidate != null && (hit == null || candidate.distance() < hit.distance())) {
        nearest = toy;
        hit = candidate;
      }
    }
    if (hit != null) {
      Vec point = eye.plus(along.times(hit.distance()));
      return lit(nearest.albedo(hit), point, hit.normal(), sample).plus(gloss(along, hit));
    }
    double ground = along.y() < 0 ? -eye.y() / along.y() : Double.POSITIVE_INFINITY;
    Vec level = new Vec(-eye.x(), 0, -eye.z()).unit();
    double behind = (scene.wallDistance() - eye.dot(level)) / along.dot(level);
    return ground < behind
        ? lit(groundColour(eye, along, ground), eye.plus(along.times(ground)), Vec.UP, sample)
        : wall(eye.plus(along.times(behind)));
  }

  private Vec groundColour(Vec eye, Vec along, double distance) {
    double x = eye.x() + along.x() * distance;
    double z = eye.z() + along.z() * distance;
    return scene.groundColour().times(scene.ground().shade(x, z, scene.grain()));
  }

  /** The wall is out of focus: broad light and dark patches only. */
  private Vec wall(Vec p) {
    double patches = Noise.fractal(p.x() * 0.5 + p.z() * 0.3, p.y() * 0.5, 3, scene.grain() + 11);
    return scene
        .wallColour()
        .tint(scene.skylight().plus(scene.sunlight().times(0.5)))
        .times(0.4 + 1.2 * patches);
  }

  private Vec lit(Vec albedo, Vec point, Vec normal, int sample) {
    double facing = normal.dot(scene.sun());
    Vec sky = scene.skylight().times(0.65 + 0.35 * normal.y());
    if (facing <= 0 || shadowed(point.plus(normal.times(1e-3)), sample)) {
      return albedo.tint(sky.times(contact(point)));
    }
    return albedo.tint(sky.times(contact(point)).plus(scene.sunlight().times(facing)));
  }

  /** Every ray of a pixel sees another corner of the sun, which softens the shadow's edge. */
  private boolean shadowed(Vec point, int sample) {
    double dx = (sample % GRID - 0.5) * 0.07;
    double dz = (sample / GRID - 0.5) * 0.07;
    Vec sun = scene.sun();
    Vec towards = new Vec(sun.x() + dx, sun.y(), sun.z() + dz).unit();
    for (Toy toy : scene.toys()) {
      if (toy.intersect(point, towards) != null) {
        return true;
      }
    }
    return false;
  }

  /** Less of the sky is seen close to the foot of a toy. */
  private double contact(Vec point) {
    double open = 1;
    for (Toy toy : scene.toys()) {
      double dx = point.x() - toy.place().x();
      double dz = point.z() - toy.place().z();
      double foot = (dx * dx + dz * dz) / (toy.size() * toy.size());
      double low = Math.max(0, 1 - point.y() / toy.size());
      open = Math.min(open, 1 - 0.45 * low / (1 + foot * foot * 0.5));
    }
    return open;
  }

  private Vec gloss(Vec along, Solid.Hit hit) {
    Vec n = hit.normal();
    Vec mirrored = along.minus(n.times(2 * n.dot(along)));
    double s = Math.max(0, mirrored.dot(scene.sun()));
    double s4 = s * s * s * s;
    double s16 = s4 * s4 * s4 * s4;
    return scene.sunlight().times(0.3 * s16);
  }
}
