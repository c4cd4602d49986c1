import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import javax.security.auth.callback.PasswordCallback;

/** Its work is done by a class whose loader has no parent: none of the JDK's loaders is asked. */
public class Alone {
  /** In that loader. */
  public static class Inside {
    public String password(String standIn) {
      PasswordCallback callback = new PasswordCallback("password", false);
      callback.setPassword(standIn.toCharArray());
      return new String(callback.getPassword());
    }
  }

  public static void main(String[] args) throws Exception {
    String classPath = System.getProperty("java.class.path").split(File.pathSeparator)[0];
    try (URLClassLoader alone =
        new URLClassLoader(new URL[] {new File(classPath).toURI().toURL()}, null)) {
      Object inside = alone.loadClass("Alone$Inside").getDeclaredConstructor().newInstance();
      App.serve(
          standIn ->
              (String)
                  inside.getClass().getMethod("password", String.class).invoke(inside, standIn));
    }
  }
}
