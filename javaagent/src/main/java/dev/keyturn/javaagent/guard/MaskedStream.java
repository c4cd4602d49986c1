package dev.keyturn.javaagent.guard;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code System.out} or {@code System.err} with values masked. A text is looked at as it is
 * printed, whole. Bytes come in pieces, from buffers above: where a piece ends in what may become a
 * value, that end waits for the next piece, or for the flush that follows what a buffer writes.
 */
@SuppressWarnings("AnnotateFormatMethod") // as PrintStream itself
public final class MaskedStream extends PrintStream {
  /** Single bytes wait for the end of their line; but no longer than this. */
  private static final int LONGEST_LINE = 8192;

  /** The smallest buffer there is in the JDK's writers and streams. */
  private static final int BUFFER = 512;

  /** Of so few characters it can't be told whether a value starts with them. */
  private static final int TOO_FEW = 3;

  private final PrintStream real;
  private final String sink;
  private final Object lock = new Object();
  private final StringBuilder waiting = new StringBuilder(); // bytes, one a character
  private volatile boolean anyWaiting;
  private boolean releasedAtEnd;

  private MaskedStream(PrintStream real, String sink) {
    super(real);
    this.real = real;
    this.sink = sink;
  }

  /** Puts itself in front of both. */
  public static void install() {
    System.setOut(new MaskedStream(System.out, "System.out"));
    System.setErr(new MaskedStream(System.err, "System.err"));
  }

  @Override
  public void write(int b) {
    synchronized (lock) {
      waiting.append((char) (b & 0xff));
      anyWaiting = true;
      if (b == '\n' || waiting.length() >= LONGEST_LINE) {
        pass();
      }
    }
  }

  @Override
  public void write(byte[] bytes, int from, int length) {
    String piece = new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    synchronized (lock) {
      if (!anyWaiting && whole(piece) == length && Mask.values().find(piece, 0) == null) {
        real.write(bytes, from, length);
      } else {
        waiting.append(piece);
        pass();
      }
    }
  }

  /** How much of it is in no value that may go on after it. */
  private static int whole(String piece) {
    Values known = Mask.values();
    int end = known.torn(piece);
    if (piece.length() >= BUFFER && !piece.endsWith("\n")) {
      end = Math.min(end, piece.length() - TOO_FEW);
    }
    if (end < piece.length()) {
      Values.Found found = known.find(piece, 0);
      while (found != null && found.end <= end) {
        found = known.find(piece, found.end);
      }
      if (found != null) {
        return Math.min(end, found.start);
      }
    }
    return end;
  }

  private void pass() {
    pass(whole(waiting.toString()));
    if (anyWaiting && !releasedAtEnd) {
      releasedAtEnd = true;
      try {
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread("keyturn-" + sink) {
                  @Override
                  public void run() {
                    flush();
                  }
                });
      } catch (IllegalStateException e) {
        pass(waiting.length()); // this is the end
      }
    }
  }

  /** Writes what waits, up to there. */
  private void pass(int end) {
    byte[] masked =
        Mask.text(waiting.substring(0, end), sink).getBytes(StandardCharsets.ISO_8859_1);
    waiting.delete(0, end);
    anyWaiting = waiting.length() > 0;
    real.write(masked, 0, masked.length);
  }

  private PrintStream released() {
    if (anyWaiting) {
      synchronized (lock) {
        pass(waiting.length());
      }
    }
    return real;
  }

  @Override
  public void flush() {
    released().flush();
  }

  @Override
  public void close() {
    released().close();
  }

  @Override
  public boolean checkError() {
    return released().checkError();
  }

  private String masked(@Nullable Object printed) {
    return Mask.text(String.valueOf(printed), sink);
  }

  @Override
  public void print(@Nullable String s) {
    released().print(masked(s));
  }

  @Override
  public void print(@Nullable Object o) {
    released().print(masked(o));
  }

  @Override
  public void print(char[] s) {
    released().print(masked(new String(s)));
  }

  @Override
  public void print(long l) {
    released().print(masked(l));
  }

  @Override
  public void print(boolean b) {
    released().print(b);
  }

  @Override
  public void print(char c) {
    released().print(c);
  }

  @Override
  public void print(int i) {
    released().print(masked(i));
  }

  @Override
  public void print(float f) {
    released().print(f);
  }

  @Override
  public void print(double d) {
    released().print(d);
  }

  @Override
  public void println() {
    released().println();
  }

  @Override
  public void println(@Nullable String s) {
    released().println(masked(s));
  }

  @Override
  public void println(@Nullable Object o) {
    released().println(masked(o));
  }

  @Override
  public void println(char[] s) {
    released().println(masked(new String(s)));
  }

  @Override
  public void println(long l) {
    released().println(masked(l));
  }

  @Override
  public void println(boolean b) {
    released().println(b);
  }

  @Override
  public void println(char c) {
    released().println(c);
  }

  @Override
  public void println(int i) {
    released().println(masked(i));
  }

  @Override
  public void println(float f) {
    released().println(f);
  }

  @Override
  public void println(double d) {
    released().println(d);
  }

  @Override
  public PrintStream format(String format, @Nullable Object... arguments) {
    print(String.format(format, arguments));
    return this;
  }

  @Override
  public PrintStream format(@Nullable Locale locale, String format, @Nullable Object... arguments) {
    print(String.format(locale, format, arguments));
    return this;
  }
}
