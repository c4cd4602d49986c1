import java.net.HttpURLConnection;
import java.net.URL;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A server with a header that looks like a stand-in. */
public class NettyServer {
  public static void main(String[] args) throws Exception {
    DisposableServer server =
        HttpServer.create()
            .host("localhost")
            .handle(
                (request, response) ->
                    response
                        .header("X-Token", "keyturn:api/token")
                        .sendString(Mono.just("ok")))
            .bindNow();
    App.serve(
        command -> {
          URL url = new URL("http://localhost:" + server.port() + "/");
          HttpURLConnection connection = (HttpURLConnection) url.openConnection();
          return connection.getHeaderField("X-Token");
        });
  }
}
