package io.github.remocap.bench;

import java.util.List;
import java.util.Locale;

/** A result as one HTML page with drawings, which needs no other file and no script. */
public final class BenchHtml {
    private static final String STYLE = """
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; color: #222; background: #fff }
        h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums }
        th, td { padding: .2em .7em; text-align: right; border-bottom: 1px solid #ddd } th:first-child, td:first-child { text-align: left }
        td.text { text-align: left } svg { max-width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: #333 }
        """;

    private BenchHtml() {
    }

    /** The page. */
    public static String of(BenchResult r) {
        StringBuilder html = new StringBuilder();
        String title = "RemoCap: " + r.what();
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>").append(escape(title)).append("</title><style>").append(STYLE)
            .append("</style></head><body>\n<h1>").append(escape(title)).append("</h1>\n<table>\n");
        BenchText.facts(r).forEach((name, value) -> html.append("<tr><td>").append(escape(name)).append("</td><td class=\"text\">").append(escape(value))
            .append("</td></tr>\n"));
        html.append("</table>\n<h2>Where the time goes</h2>\n").append(BenchPlots.bars(r));
        html.append("<h2>Roofline</h2>\n<p>Operations a second over operations a byte, both as in direct computation with every array read or written once. "
            + "The lines are what the machine can do: copying memory to the left, multiply-adds to the right. A circle is a kind of layer, its area the "
            + "time; Winograd kernels compute with fewer operations than are counted, and may be above the line.</p>\n").append(BenchPlots.roofline(r));
        html.append("<h2>Kinds of layers</h2>\n").append(table(r, r.kinds(), "layers"));
        html.append("<h2>The slowest steps</h2>\n").append(table(r, r.slowest(), "step"));
        return html.append("</body></html>\n").toString();
    }

    private static String table(BenchResult r, List<LayerTime> rows, String first) {
        StringBuilder html = new StringBuilder("<table>\n<tr><th>" + first
            + "</th><th>kernel</th><th>steps</th><th>ms</th><th>GFLOP/s</th><th>of peak</th><th>MB moved</th><th>GB/s</th><th>of bound</th></tr>\n");
        for (LayerTime k : rows) {
            html.append(String.format(Locale.ROOT, "<tr><td>%s</td><td>%s</td><td>%d</td><td>%.2f</td><td>%s</td><td>%s</td><td>%.1f</td><td>%.1f</td>"
                    + "<td>%.0f %%</td></tr>%n", escape(k.layer()), escape(k.kernel()), k.steps(), k.seconds() * 1e3,
                k.flops() == 0 ? "" : String.format(Locale.ROOT, "%.1f", k.gflops()),
                k.flops() == 0 ? "" : String.format(Locale.ROOT, "%.0f %%", 100 * k.gflops() / r.peaks().gflops()), k.bytes() * 1e-6, k.gigabytes(),
                100 * k.bound(r.peaks()) / k.seconds()));
        }
        return html.append("</table>\n").toString();
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
