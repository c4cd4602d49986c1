package dev.keyturn.sidecar.notification;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Sends signals to other processes: kill(2), which Java has for SIGTERM and SIGKILL alone. */
public final class ProcessSignal {
  /** Errors of kill(2), as {@code errno.h} numbers them on Linux. */
  static final int EPERM = 1;

  static final int ESRCH = 3;

  private ProcessSignal() {}

  /**
   * Sends one.
   *
   * @param signal its number, 1 to 64
   * @return 0 if it was sent, else the error's number: 1 (EPERM) for a process of another user, 3
   *     (ESRCH) for one that is gone
   */
  @SuppressWarnings("restricted") // the jar's manifest or the command line allows it
  public static int send(long pid, int signal) {
    Linker linker = Linker.nativeLinker();
    StructLayout state = Linker.Option.captureStateLayout();
    MethodHandle kill =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("kill"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"));
    VarHandle errno = state.varHandle(PathElement.groupElement("errno"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment captured = arena.allocate(state);
      int result = (int) kill.invokeExact(captured, (int) pid, signal);
      return result == 0 ? 0 : (int) errno.get(captured, 0L);
    } catch (Throwable e) {
      throw new LinkageError("kill(2) cannot be called", e);
    }
  }

  /**
   * A signal's number on Linux, on every processor that Java runs on.
   *
   * @param name of those that a plan may say, without {@code SIG}
   */
  static int number(String name) {
    return switch (name) {
      case "HUP" -> 1;
      case "INT" -> 2;
      case "QUIT" -> 3;
      case "USR1" -> 10;
      case "USR2" -> 12;
      case "TERM" -> 15;
      case "WINCH" -> 28;
      default -> throw new IllegalArgumentException("no signal of a plan: " + name);
    };
  }
}
