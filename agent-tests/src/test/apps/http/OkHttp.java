import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import okhttp3.Credentials;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;

/** OkHttp: one client, and a request that is used again. The argument says which HTTP. */
public class OkHttp {
  public static void main(String[] args) throws Exception {
    OkHttpClient.Builder builder = new OkHttpClient.Builder();
    if (args.length > 0) {
      builder.protocols(Collections.singletonList(Protocol.valueOf(args[0])));
    }
    OkHttpClient client = builder.build();
    Map<String, Request> requests = new HashMap<>();
    App.serve(
        command -> {
          String[] words = command.split(" ");
          Request request =
              requests.computeIfAbsent(
                  words[1],
                  url ->
                      new Request.Builder()
                          .url(url)
                          .header(
                              "Authorization",
                              Credentials.basic("keyturn:api/user", "keyturn:api/password"))
                          .header("X-Token", "keyturn:api/token")
                          .build());
          OkHttpClient used = client;
          if (words[0].equals("through")) {
            InetSocketAddress proxy =
                new InetSocketAddress("localhost", Integer.parseInt(words[2]));
            used =
                new OkHttpClient.Builder()
                    .proxy(new Proxy(Proxy.Type.HTTP, proxy))
                    .proxyAuthenticator(
                        (route, response) ->
                            response.request().header("Proxy-Authorization") != null
                                ? null
                                : response
                                    .request()
                                    .newBuilder()
                                    .header("Proxy-Authorization", "Bearer keyturn:gate/token")
                                    .build())
                    .build();
          }
          try (Response response = used.newCall(request).execute()) {
            return response.body().string()
                + " "
                + response.code()
                + " "
                + response.request().header("X-Token");
          }
        });
  }
}
