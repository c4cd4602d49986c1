import java.io.InputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.Socket;
import java.net.URL;
import java.util.Base64;

/** The JDK's own client. */
public class UrlConnection {
  private static final String BASIC =
      "Basic "
          + Base64.getEncoder()
              .encodeToString("keyturn:api/user:keyturn:api/password".getBytes());

  /** The user and the password that the authenticator answers, if not the stand-ins. */
  public static void main(String[] args) throws Exception {
    String user = args.length > 0 ? args[0] : "keyturn:api/user";
    String password = args.length > 0 ? args[1] : "keyturn:api/password";
    Authenticator.setDefault(
        new Authenticator() {
          @Override
          protected PasswordAuthentication getPasswordAuthentication() {
            if (getRequestorType() == RequestorType.PROXY) {
              return new PasswordAuthentication("gate", "keyturn:gate/token".toCharArray());
            }
            return new PasswordAuthentication(user, password.toCharArray());
          }
        });
    App.serve(command -> run(command.split(" ")));
  }

  private static String run(String[] command) throws Exception {
    switch (command[0]) {
      case "get":
        HttpURLConnection connection = (HttpURLConnection) new URL(command[1]).openConnection();
        connection.setRequestProperty("Authorization", BASIC);
        connection.setRequestProperty("X-Token", "keyturn:api/token");
        return body(connection) + " " + connection.getResponseCode();
      case "through": // through URL PORT
        InetSocketAddress at = new InetSocketAddress("localhost", Integer.parseInt(command[2]));
        HttpURLConnection through =
            (HttpURLConnection)
                new URL(command[1]).openConnection(new Proxy(Proxy.Type.HTTP, at));
        through.setRequestProperty("Proxy-Authorization", "Bearer keyturn:gate/token");
        through.setRequestProperty("X-Token", "keyturn:api/token");
        return body(through);
      case "challenged":
        return body((HttpURLConnection) new URL(command[1]).openConnection());
      case "socks":
        InetSocketAddress proxy = new InetSocketAddress("localhost", Integer.parseInt(command[1]));
        try (Socket socket = new Socket(new Proxy(Proxy.Type.SOCKS, proxy))) {
          socket.connect(InetSocketAddress.createUnresolved("behind.test", 80), 5000);
        }
        return "connected";
      case "asked":
        PasswordAuthentication given =
            Authenticator.requestPasswordAuthentication(
                "localhost", null, 80, "http", "", "basic");
        return given.getUserName() + " " + new String(given.getPassword());
      default:
        return "?";
    }
  }

  private static String body(HttpURLConnection connection) throws Exception {
    StringBuilder body = new StringBuilder();
    try (InputStream in = connection.getInputStream()) {
      for (int c = in.read(); c >= 0; c = in.read()) {
        body.append((char) c);
      }
    }
    return body.toString();
  }
}
