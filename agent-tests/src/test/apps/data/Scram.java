import java.security.Provider;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslClientFactory;

/** A mechanism that asks for the user with its first message, and for the password with its last. */
public final class Scram {
  private static SaslClient client;

  public static void main(String[] arguments) throws Exception {
    java.security.Security.addProvider(new Mechanisms());
    CallbackHandler handler =
        callbacks -> {
          for (Callback callback : callbacks) {
            if (callback instanceof NameCallback) {
              ((NameCallback) callback).setName("keyturn:sasl/username");
            } else {
              ((PasswordCallback) callback).setPassword("keyturn:sasl/password".toCharArray());
            }
          }
        };
    App.serve(
        command -> {
          if (command.equals("first")) {
            client =
                Sasl.createSaslClient(
                    new String[] {"SCRAM-TEST"}, null, "test", "localhost", null, handler);
          }
          return new String(client.evaluateChallenge(command.getBytes("UTF-8")), "UTF-8");
        });
  }

  @SuppressWarnings("deprecation") // the constructor that Java 8 has
  public static final class Mechanisms extends Provider {
    public Mechanisms() {
      super("ScramTest", 1.0, "");
      put("SaslClientFactory.SCRAM-TEST", Factory.class.getName());
    }
  }

  public static final class Factory implements SaslClientFactory {
    @Override
    public SaslClient createSaslClient(
        String[] mechanisms,
        String authorizationId,
        String protocol,
        String serverName,
        Map<String, ?> properties,
        CallbackHandler handler) {
      return new Client(handler);
    }

    @Override
    public String[] getMechanismNames(Map<String, ?> properties) {
      return new String[] {"SCRAM-TEST"};
    }
  }

  private static final class Client implements SaslClient {
    private final CallbackHandler handler;

    Client(CallbackHandler handler) {
      this.handler = handler;
    }

    @Override
    public byte[] evaluateChallenge(byte[] challenge) {
      NameCallback name = new NameCallback("user");
      PasswordCallback password = new PasswordCallback("password", false);
      try {
        if (new String(challenge, "UTF-8").equals("first")) {
          handler.handle(new Callback[] {name});
          return name.getName().getBytes("UTF-8");
        }
        handler.handle(new Callback[] {password});
        return String.valueOf(password.getPassword().length).getBytes("UTF-8");
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public String getMechanismName() {
      return "SCRAM-TEST";
    }

    @Override
    public boolean hasInitialResponse() {
      return true;
    }

    @Override
    public boolean isComplete() {
      return true;
    }

    @Override
    public byte[] unwrap(byte[] incoming, int offset, int length) {
      return incoming;
    }

    @Override
    public byte[] wrap(byte[] outgoing, int offset, int length) {
      return outgoing;
    }

    @Override
    public Object getNegotiatedProperty(String name) {
      return null;
    }

    @Override
    public void dispose() {}
  }
}
