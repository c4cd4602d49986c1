package dev.keyturn.cli;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/** Signals of this process, by number. */
final class Signals {

  private Signals() {}

  /**
   * Has a signal handed to {@code handler}, on a thread of its own, instead of ending this process.
   * A signal that this process was started with as ignored (as {@code nohup} does) stays ignored.
   *
   * <p>{@code sun.misc.Signal} is the one way to it in Java, supported by the module {@code
   * jdk.unsupported}; by reflection, since javac warns about it with no way to say that it is
   * meant.
   *
   * @param name without {@code SIG}
   */
  static void handle(String name, IntConsumer handler) {
    try {
      Class<?> signalType = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Method number = signalType.getMethod("getNumber");
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (self, method, args) -> {
                if (method.getName().equals("handle")) {
                  handler.accept((int) number.invoke(args[0]));
                }
                return null;
              });
      Object signal = signalType.getConstructor(String.class).newInstance(name);
      signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, proxy);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("this Java runtime lacks the module jdk.unsupported", e);
    }
  }
}
