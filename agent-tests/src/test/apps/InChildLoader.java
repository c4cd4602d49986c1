import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;

/** Runs an application as a server does: in a loader of its own below the class path's. */
public final class InChildLoader {
  public static void main(String[] args) throws Exception {
    String[] path = args[0].split(File.pathSeparator);
    URL[] urls = new URL[path.length];
    for (int i = 0; i < path.length; i++) {
      urls[i] = new File(path[i]).toURI().toURL();
    }
    ClassLoader loader = new URLClassLoader(urls, InChildLoader.class.getClassLoader());
    Thread.currentThread().setContextClassLoader(loader);
    loader
        .loadClass(args[1])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(args, 2, args.length));
  }
}
