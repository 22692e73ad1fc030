package io.github.remocap.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;

/** A headless Chromium with one tab, driven through the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
public final class Browser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE = 600; // seconds, for anything: against a hang alone, since machines differ

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private int last;

    /** Starts Chromium with a profile in a folder; the test is skipped where there is none. */
    public Browser(Path profile) throws Exception {
        List<String> command = List.of(program(), "--headless", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
            "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            "--remote-debugging-port=0", "--user-data-dir=" + profile, "--window-size=720,600", "about:blank");
        process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(profile.resolve("chromium.log").toFile()).start();
        try {
            Path port = profile.resolve("DevToolsActivePort");
            until("Chromium listens", () -> Files.exists(port) && Files.readAllLines(port).size() >= 2);
            URI list = URI.create("http://127.0.0.1:" + Files.readAllLines(port).getFirst() + "/json/list");
            JsonNode tabs = JSON.readTree(http.send(HttpRequest.newBuilder(list).build(), HttpResponse.BodyHandlers.ofString()).body());
            String address = "";
            for (JsonNode tab : tabs) {
                address = tab.get("type").asText().equals("page") ? tab.get("webSocketDebuggerUrl").asText() : address;
            }
            socket = http.newWebSocketBuilder().buildAsync(URI.create(address), new Listener()).get(PATIENCE, TimeUnit.SECONDS);
            for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
                send(domain + ".enable", Map.of());
            }
        } catch (Exception e) {
            stop();
            throw e;
        }
    }

    private static String program() {
        for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
            for (String name : List.of("chromium", "chromium-browser", "google-chrome")) {
                Path file = Path.of(folder, name);
                if (Files.isExecutable(file)) {
                    return file.toString();
                }
            }
        }
        Assumptions.abort("skipped: needs Chromium on the path");
        throw new AssertionError();
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean whole) {
            text.append(data);
            if (whole) {
                try {
                    message(JSON.readTree(text.toString()));
                } catch (IOException e) {
                    complaints.add("no JSON: " + e.getMessage());
                }
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }
    }

    private void message(JsonNode message) {
        if (message.has("id")) {
            CompletableFuture<JsonNode> answer = waiting.remove(message.get("id").asInt());
            if (answer == null) {
                return; // nobody waits for the last one
            }
            if (message.has("error")) {
                answer.completeExceptionally(new IOException(message.get("error").toString()));
            } else {
                answer.complete(message.get("result"));
            }
            return;
        }
        JsonNode of = message.get("params");
        switch (message.get("method").asText()) {
            case "Runtime.exceptionThrown" -> complaints.add(of.get("exceptionDetails").toString());
            case "Runtime.consoleAPICalled" -> {
                if (List.of("error", "warning", "assert").contains(of.get("type").asText())) {
                    complaints.add(of.get("args").toString());
                }
            }
            case "Log.entryAdded" -> {
                if (of.get("entry").get("level").asText().equals("error")) {
                    complaints.add(of.get("entry").toString());
                }
            }
            case "Network.requestWillBeSent" -> requests.add(of.get("request").get("url").asText());
            default -> { } // of no interest
        }
    }

    /** Calls a method of the protocol. */
    JsonNode send(String method, Map<String, ?> parameters) throws Exception {
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        int id = ++last;
        waiting.put(id, answer);
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(parameters));
        socket.sendText(message.toString(), true).get(PATIENCE, TimeUnit.SECONDS);
        return answer.get(PATIENCE, TimeUnit.SECONDS);
    }

    /** Something that may hold. */
    public interface Condition {
        /** Whether it does. */
        boolean holds() throws Exception;
    }

    /** Waits until something holds; fails after ten minutes. */
    public static void until(String what, Condition condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE);
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited in vain until " + what);
            }
            Thread.sleep(20);
        }
    }

    /** Opens a file. */
    public void open(Path file) throws Exception {
        complaints.clear();
        requests.clear();
        send("Page.navigate", Map.of("url", file.toUri().toString()));
        until("the page is loaded", () -> eval("document.readyState + location.href").asText().equals("complete" + file.toUri()));
    }

    /** The value of an expression. */
    public JsonNode eval(String expression) throws Exception {
        JsonNode answer = send("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.get("exceptionDetails"));
        }
        return answer.get("result").path("value");
    }

    /** Waits until an expression is true. */
    public void until(String expression) throws Exception {
        until(expression, () -> eval(expression).asBoolean());
    }

    /** Left, top, width and height of an element in the window, after scrolling to it. */
    private double[] place(String selector) throws Exception {
        JsonNode box = eval("(() => { const e = document.querySelector('" + selector + "'); e.scrollIntoView({block: 'center', behavior: 'instant'});"
            + " const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()");
        return new double[] {box.get(0).asDouble(), box.get(1).asDouble(), box.get(2).asDouble(), box.get(3).asDouble()};
    }

    private void mouse(String type, double x, double y) throws Exception {
        send("Input.dispatchMouseEvent", Map.of("type", type, "x", x, "y", y, "button", "left", "buttons", 1, "clickCount", 1));
    }

    /** Clicks into the middle of an element. */
    public void click(String selector) throws Exception {
        drag(selector, 0.5, 0.5);
    }

    /** Presses in the middle of an element and lets go at a share of its width, from 0 to 1; the same for a click. */
    public void drag(String selector, double from, double to) throws Exception {
        double[] box = place(selector);
        double y = box[1] + box[3] / 2;
        mouse("mouseMoved", box[0] + from * box[2], y);
        mouse("mousePressed", box[0] + from * box[2], y);
        for (int i = 1; i <= 4 && from != to; i++) {
            mouse("mouseMoved", box[0] + (from + (to - from) * i / 4) * box[2], y);
        }
        mouse("mouseReleased", box[0] + to * box[2], y);
    }

    /** Presses a key, such as ArrowRight. */
    void key(String name, int code) throws Exception {
        for (String type : List.of("keyDown", "keyUp")) {
            send("Input.dispatchKeyEvent", Map.of("type", type, "key", name, "code", name, "windowsVirtualKeyCode", code));
        }
    }

    /** A picture of an element. */
    public BufferedImage picture(String selector) throws Exception {
        double[] box = place(selector);
        // What was changed is drawn in the next frame.
        eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
        double[] scroll = {eval("scrollX").asDouble(), eval("scrollY").asDouble()};
        JsonNode answer = send("Page.captureScreenshot", Map.of("clip", Map.of("x", box[0] + scroll[0], "y", box[1] + scroll[1], "width", box[2],
            "height", box[3], "scale", 1)));
        return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(answer.get("data").asText())));
    }

    /** Errors and warnings on the console since the page was opened. */
    public List<String> complaints() {
        return complaints;
    }

    /** Addresses that the page asked for. */
    public List<String> requests() {
        return requests;
    }

    private void stop() throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    @Override
    public void close() throws Exception {
        // Chromium then leaves nothing behind in its profile that could not be deleted.
        socket.sendText("{\"id\":0,\"method\":\"Browser.close\"}", true).get(PATIENCE, TimeUnit.SECONDS);
        process.waitFor(10, TimeUnit.SECONDS);
        socket.abort();
        stop();
        http.close();
    }
}
