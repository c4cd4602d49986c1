import java.util.HashMap;
import java.util.Map;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import javax.security.auth.spi.LoginModule;

/** A login module that asks for user and password, and a handler that answers with stand-ins. */
public final class Jaas {
  private static String seen;

  public static void main(String[] arguments) throws Exception {
    App.serve(command -> connect());
  }

  private static String connect() throws Exception {
    Configuration configuration =
        new Configuration() {
          @Override
          public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
            return new AppConfigurationEntry[] {
              new AppConfigurationEntry(
                  Module.class.getName(),
                  AppConfigurationEntry.LoginModuleControlFlag.REQUIRED,
                  new HashMap<String, Object>())
            };
          }
        };
    CallbackHandler handler =
        callbacks -> {
          ((NameCallback) callbacks[0]).setName("keyturn:jaas/username");
          ((PasswordCallback) callbacks[1]).setPassword("keyturn:jaas/password".toCharArray());
        };
    new LoginContext("app", new Subject(), handler, configuration).login();
    return seen;
  }

  public static final class Module implements LoginModule {
    private CallbackHandler handler;

    @Override
    public void initialize(
        Subject subject, CallbackHandler handler, Map<String, ?> shared, Map<String, ?> options) {
      this.handler = handler;
    }

    @Override
    public boolean login() {
      NameCallback name = new NameCallback("user");
      PasswordCallback password = new PasswordCallback("password", false);
      try {
        handler.handle(new Callback[] {name, password});
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      // Not the password itself: what is printed is kept.
      seen = name.getName() + " " + new String(password.getPassword()).length();
      return true;
    }

    @Override
    public boolean commit() {
      return true;
    }

    @Override
    public boolean abort() {
      return true;
    }

    @Override
    public boolean logout() {
      return true;
    }
  }
}
