import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;

/** Prints what an application sees of its secrets: one fact a line, for AnswersIT. */
public class Answers {
  public static void main(String[] args) throws Exception {
    fact("default name", System.getenv("DB_PASSWORD"));
    fact("explicit name", System.getenv("PASSWORD"));
    fact("explicit name over a real variable", System.getenv("TAKEN"));
    fact("default name under a real variable", System.getenv("KEPT"));
    fact("whole file", System.getenv("TOKEN"));
    fact("real variable", System.getenv("REAL"));
    fact("no variable", System.getenv("NONE"));
    fact("null", outcome(() -> System.getenv(null)));

    Map<String, String> env = System.getenv();
    fact("view", new TreeSet<>(env.keySet()));
    fact("view get", env.get("DB_PASSWORD"));
    fact("view get of nothing", env.get("NONE"));
    fact("view containsKey", env.containsKey("DB_PASSWORD") + " " + env.containsKey("NONE"));
    fact("view containsValue", env.containsValue(env.get("DB_PASSWORD")) + " " + env.containsValue("none"));
    List<String> iterated = new ArrayList<>();
    for (Map.Entry<String, String> entry : env.entrySet()) {
      if (env.get(entry.getKey()).equals(entry.getValue())) {
        iterated.add(entry.getKey());
      }
    }
    fact("view iterates over all", iterated.size() == env.size() && env.keySet().equals(new HashSet<>(iterated)));
    fact("view sizes", env.size() == env.keySet().size() && env.size() == env.entrySet().size()
        && env.size() == env.values().size() && env.size() == env.entrySet().stream().count());
    fact("view values", env.values().contains(env.get("TOKEN")));
    Map<String, String> copy = new HashMap<>(env);
    fact("view equals", env.equals(copy) && copy.equals(env) && env.hashCode() == copy.hashCode());
    int[] each = new int[1];
    env.forEach((name, value) -> each[0] += value.equals(System.getenv(name)) ? 1 : 0);
    fact("view forEach", each[0] == env.size());
    fact("view getOrDefault", env.getOrDefault("NONE", "otherwise"));
    fact("view put", outcome(() -> env.put("A", "b")));
    fact("view remove", outcome(() -> env.remove("NONE")));
    fact("view clear", outcome(() -> { env.clear(); return null; }));
    fact("view merge", outcome(() -> env.merge("DB_PASSWORD", "x", String::concat)));
    fact("view keySet remove", outcome(() -> env.keySet().remove("DB_PASSWORD")));
    fact("view setValue", outcome(() -> env.entrySet().iterator().next().setValue("x")));
    fact("view get null", outcome(() -> env.get(null)));
    fact("view containsKey null", outcome(() -> env.containsKey(null)));
    fact("view containsValue null", outcome(() -> env.containsValue(null)));
    fact("view get of a number", outcome(() -> env.get((Object) 5)));
    fact("view is one object", env == System.getenv());
    fact("view printed holds the secret", env.toString().contains(System.getenv("DB_PASSWORD")));
    fact("view printed holds the rest", env.toString().contains("REAL=real"));

    fact("property", System.getProperty("db.password"));
    fact("property with default", System.getProperty("db.password", "otherwise"));
    fact("property as number", Integer.getInteger("db.port"));
    fact("no property", System.getProperty("none"));
    fact("no property with default", System.getProperty("none", "otherwise"));
    fact("real property", System.getProperty("real"));
    fact("property null", outcome(() -> System.getProperty(null)));
    fact("property empty", outcome(() -> System.getProperty("")));
    fact("properties", System.getProperties().containsKey("db.password") + " "
        + System.getProperties().getProperty("db.password") + " " + System.getProperties().stringPropertyNames().contains("db.password"));
    fact("handover left", System.getProperties().containsKey("keyturn.handover"));

    String secret = System.getenv("DB_PASSWORD");
    ProcessBuilder builder = new ProcessBuilder("/usr/bin/env");
    fact("builder has it", builder.environment().containsKey("DB_PASSWORD") || builder.environment().containsValue(secret));
    fact("builder's child", child(builder.start(), secret));
    builder.environment().put("OWN", "x");
    fact("builder's child with own variable", child(builder.start(), secret));
    fact("exec's child", child(Runtime.getRuntime().exec(new String[] {"/usr/bin/env"}), secret));
    fact("exec's child with own variables", child(Runtime.getRuntime().exec(new String[] {"/usr/bin/env"}, new String[] {"REAL=real"}), secret));
    fact("/proc environ has it", text("/proc/self/environ").contains(secret));
    fact("/proc cmdline has it", text("/proc/self/cmdline").contains(secret));

    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("keyturn-mount")) {
        fact("thread is a daemon", thread.isDaemon());
        fact("thread's loader", thread.getContextClassLoader());
      }
    }
    fact("java.lang is open to the application", javaLangIsOpen());
  }

  /** Whether reflection reaches what the JDK keeps for itself. */
  private static boolean javaLangIsOpen() throws NoSuchMethodException {
    try {
      ClassLoader.class.getDeclaredMethod("findLoadedClass", String.class).setAccessible(true);
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static void fact(String name, Object value) {
    System.out.println(name + ": " + value);
  }

  private static String outcome(Callable<?> call) {
    try {
      return "returned " + call.call();
    } catch (Exception e) {
      return e.getClass().getSimpleName();
    }
  }

  private static String child(Process process, String secret) throws IOException {
    StringBuilder out = new StringBuilder();
    try (InputStream in = process.getInputStream();
        BufferedReader reader = new BufferedReader(new InputStreamReader(in))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        out.append(line).append('\n');
      }
    }
    return (out.indexOf(secret) >= 0 ? "has it" : "lacks it") + (out.indexOf("REAL=real") >= 0 ? ", has the rest" : ", lacks the rest");
  }

  private static String text(String file) throws IOException {
    return new String(Files.readAllBytes(Paths.get(file)));
  }
}
