import java.nio.charset.StandardCharsets;
import java.nio.ByteBuffer;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;

public class JettyServer {
  public static void main(String[] args) throws Exception {
    String mount = System.getProperty("keyturn.mount") + "/..data/";
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setKeyStoreType(args[0]);
    tls.setKeyStorePath(mount + "web");
    tls.setKeyStorePassword("changeit");
    if (args.length > 1) {
      tls.setNeedClientAuth(true);
      tls.setTrustStoreType(args[0]);
      tls.setTrustStorePath(mount + "clients");
      tls.setTrustStorePassword("changeit");
    }
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server, tls);
    connector.setPort(0);
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put("Content-Length", "2");
            response.write(
                true, ByteBuffer.wrap("ok".getBytes(StandardCharsets.US_ASCII)), callback);
            return true;
          }
        });
    server.start();
    App.serve(command -> String.valueOf(connector.getLocalPort()));
  }
}
