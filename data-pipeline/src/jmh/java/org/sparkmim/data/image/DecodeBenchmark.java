package org.sparkmim.data.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** From the bytes of a JPEG of 224 pixels to its pixels, and to a middling crop of them. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DecodeBenchmark {
  private static final int PICTURE = 224;
  private static final CropBox BOX = new CropBox(20, 11, 186, 160);

  @Param({"128", "224"})
  private int size;

  private final Resampler resampler = new Resampler();
  private ImageDecoder decoder;
  private byte[] jpeg;
  private byte[] planes;

  @Setup
  public void picture() throws IOException {
    BufferedImage picture = new BufferedImage(PICTURE, PICTURE, BufferedImage.TYPE_INT_RGB);
    SplittableRandom random = new SplittableRandom(1);
    for (int y = 0; y < PICTURE; y++) {
      for (int x = 0; x < PICTURE; x++) {
        // A slope with a little noise codes to about as many bytes as a photograph.
        int noise = random.nextInt(24);
        picture.setRGB(x, y, x + noise / 2 << 16 | y + noise / 2 << 8 | (x + y) / 2 + noise);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(picture, "jpg", out);
    jpeg = out.toByteArray();
    planes = new byte[3 * size * size];
    decoder = new ImageDecoder(new ImageLimits(1 << 26, 50_000_000));
  }

  @Benchmark
  public Raster decode() throws ImageFault {
    return decoder.decode(jpeg, jpeg.length);
  }

  @Benchmark
  public byte[] decodeAndCrop() throws ImageFault {
    resampler.crop(decoder.decode(jpeg, jpeg.length), BOX, size, false, planes);
    return planes;
  }

  @TearDown
  public void close() {
    decoder.close();
  }
}
