package org.sparkmim.job.commit;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.fs.Abortable;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.Syncable;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Any file system, one of whose calls goes wrong: the k-th of those that the fault can befall. */
final class FaultyFileSystem extends FilterFileSystem {
  /** How a call goes wrong. */
  enum Fault {
    /** An exception, and nothing was done. */
    NOT_DONE,
    /** An exception, and yet it was done. */
    DONE_BUT_ANSWER_LOST,
    /** Half of the bytes are written, and neither the rest nor the end of the file. */
    SHORT_WRITE,
    /** The answer is false, and nothing was done. */
    RENAME_REFUSED,
    /** The answer is false, and nothing was done. */
    DELETE_REFUSED,
    /** The newest entry is missing, or the file that is asked for. */
    STALE_LISTING,
    /** From this call on nothing is done any more: a killed process, as the storage sees it. */
    DEAD
  }

  private enum Kind {
    LOOK,
    WRITE,
    RENAME,
    DELETE,
    OTHER
  }

  private final FileSystem sound;
  private final Fault fault;
  private final int strikeAt;
  private int calls;

  FaultyFileSystem(FileSystem sound, Fault fault, int strikeAt) {
    super(sound);
    this.sound = sound;
    this.fault = fault;
    this.strikeAt = strikeAt;
  }

  /** Whether there were so many calls. */
  boolean struck() {
    return calls >= strikeAt;
  }

  /** An act that may fail. */
  private interface Act<T> {
    T run() throws IOException;
  }

  private boolean strikes(Kind kind) {
    boolean befalls =
        switch (fault) {
          case NOT_DONE, DONE_BUT_ANSWER_LOST, DEAD -> true;
          case SHORT_WRITE -> kind == Kind.WRITE;
          case RENAME_REFUSED -> kind == Kind.RENAME;
          case DELETE_REFUSED -> kind == Kind.DELETE;
          case STALE_LISTING -> kind == Kind.LOOK;
        };
    if (befalls) {
      calls++;
    }
    return befalls && (fault == Fault.DEAD ? calls >= strikeAt : calls == strikeAt);
  }

  private <T> T call(Kind kind, Act<T> act, Act<T> wrong) throws IOException {
    if (!strikes(kind)) {
      return act.run();
    }
    switch (fault) {
      case NOT_DONE, DEAD -> throw new IOException("injected: not done");
      case DONE_BUT_ANSWER_LOST -> {
        act.run();
        throw new IOException("injected: done, answer lost");
      }
      case SHORT_WRITE, RENAME_REFUSED, DELETE_REFUSED, STALE_LISTING -> {
        return wrong.run();
      }
    }
    throw new IllegalStateException("unreachable");
  }

  private <T> T call(Kind kind, Act<T> act) throws IOException {
    return call(kind, act, act);
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    return call(Kind.OTHER, () -> sound.mkdirs(path, permission));
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    return call(Kind.OTHER, () -> sound.mkdirs(path));
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return call(Kind.RENAME, () -> sound.rename(from, to), () -> false);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return call(Kind.DELETE, () -> sound.delete(path, recursive), () -> false);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return call(Kind.LOOK, () -> sound.getFileStatus(path), () -> missing(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    return call(Kind.LOOK, () -> sound.listStatus(path), () -> withoutNewest(path));
  }

  @Override
  public FSDataInputStream open(Path path, int buffer) throws IOException {
    return call(Kind.LOOK, () -> sound.open(path, buffer), () -> missing(path));
  }

  @Override
  public FSDataOutputStream append(Path path, int buffer, Progressable progress)
      throws IOException {
    return wrap(call(Kind.OTHER, () -> sound.append(path, buffer, progress)));
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress)
      throws IOException {
    return wrap(
        call(
            Kind.OTHER,
            () -> sound.create(path, permission, overwrite, buffer, replication, block, progress)));
  }

  private static <T> T missing(Path path) throws IOException {
    throw new FileNotFoundException("injected: stale, without " + path);
  }

  private FileStatus[] withoutNewest(Path path) throws IOException {
    List<FileStatus> found =
        Arrays.stream(sound.listStatus(path))
            .sorted(Comparator.comparing(status -> status.getPath().getName()))
            .toList();
    return found.subList(0, Math.max(0, found.size() - 1)).toArray(FileStatus[]::new);
  }

  private FSDataOutputStream wrap(FSDataOutputStream out) throws IOException {
    return new FSDataOutputStream(new FaultyStream(out), null);
  }

  private final class FaultyStream extends OutputStream
      implements Syncable, StreamCapabilities, Abortable {
    private final FSDataOutputStream out;
    private boolean broken;

    FaultyStream(FSDataOutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      run(Kind.WRITE, () -> out.write(bytes, from, count), () -> writeHalf(bytes, from, count));
    }

    private void writeHalf(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count / 2);
      broken = true;
      throw new IOException("injected: short write");
    }

    @Override
    public void flush() throws IOException {
      run(Kind.OTHER, out::flush);
    }

    @Override
    public void hflush() throws IOException {
      run(Kind.OTHER, out::hflush);
    }

    @Override
    public void hsync() throws IOException {
      run(Kind.OTHER, out::hsync);
    }

    @Override
    public void close() throws IOException {
      run(Kind.OTHER, out::close);
      if (broken) {
        throw new IOException("injected: close after a short write");
      }
    }

    @Override
    public boolean hasCapability(String capability) {
      return out.hasCapability(capability);
    }

    @Override
    public AbortableResult abort() {
      return out.abort();
    }

    private void run(Kind kind, Step act) throws IOException {
      run(kind, act, act);
    }

    private void run(Kind kind, Step act, Step wrong) throws IOException {
      call(kind, act.asAct(), wrong.asAct());
    }
  }

  /** An act without a result. */
  private interface Step {
    void run() throws IOException;

    default Act<Boolean> asAct() {
      return () -> {
        run();
        return true;
      };
    }
  }
}
