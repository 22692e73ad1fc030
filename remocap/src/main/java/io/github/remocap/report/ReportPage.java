package io.github.remocap.report;

import io.github.remocap.io.AtomicFile;
import io.github.remocap.report.Section.Scores;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes reports and viewers: one HTML file each, which loads nothing and may be opened, moved or sent as it is. A page appears whole or
 * not at all, and depends on what it shows alone: no times, no names of machines.
 */
public final class ReportPage {
    private ReportPage() {
    }

    /** What fills the page between its head and its end. */
    private interface Body {
        void write(Writer out) throws IOException;
    }

    /**
     * Writes a report, replacing one that is there. Its folder is made.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(Report report, Path file) throws IOException {
        boolean viewer = report.sections().stream().anyMatch(Section.Viewer.class::isInstance);
        page(file, report.title(), "report", viewer, out -> {
            out.write("<header>\n<h1>" + Html.escape(report.title()) + "</h1>\n" + Html.paragraph(report.summary()) + "</header>\n");
            int number = 0;
            if (report.sections().size() > 2) {
                out.write("<nav aria-label=\"Sections\">");
                for (Section section : report.sections()) {
                    out.write("<a href=\"#s" + number++ + "\">" + Html.escape(section.title()) + "</a> ");
                }
                out.write("</nav>\n");
            }
            number = 0;
            for (Section section : report.sections()) {
                out.write("<section id=\"s" + number++ + "\">\n<h2>" + Html.escape(section.title()) + "</h2>\n" + Html.paragraph(section.note()));
                section(section, out);
                out.write("</section>\n");
            }
        });
    }

    /**
     * Writes a page with the 3D viewer alone, replacing one that is there. Its folder is made.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(Clip clip, Path file) throws IOException {
        page(file, clip.name(), "alone", true, out -> {
            out.write("<h1>" + Html.escape(clip.name()) + "</h1>\n");
            viewer(clip, out);
        });
    }

    private static void page(Path file, String title, String kind, boolean viewer, Body body) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        AtomicFile.write(file, channel -> {
            Writer out = Channels.newWriter(channel, StandardCharsets.UTF_8.newEncoder(), 1 << 16);
            out.write("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n<title>"
                + Html.escape(title) + "</title>\n<style>\n" + Html.resource("page.css") + (viewer ? Html.resource("viewer.css") : "") + "</style>\n");
            if (viewer) {
                out.write("<!--\nthree.js " + ThreeJs.version() + ", https://threejs.org, is contained in this page:\n\n" + ThreeJs.licence() + "-->\n");
                out.write(ThreeJs.importMap());
            }
            out.write("</head>\n<body class=\"" + kind + "\">\n<main>\n");
            body.write(out);
            out.write("</main>\n");
            if (viewer) {
                out.write("<footer>3D view: three.js " + ThreeJs.version() + " (MIT licence, in the source of this page).</footer>\n");
                out.write("<script type=\"module\">\n" + Html.resource("viewer.js") + "</script>\n");
            }
            out.write("</body>\n</html>\n");
            out.flush();
        });
    }

    private static void section(Section section, Writer out) throws IOException {
        switch (section) {
            case Section.Text text -> {
                if (!text.code().isEmpty()) {
                    out.write("<pre><code>" + Html.escape(String.join("\n", text.code())) + "</code></pre>\n");
                }
            }
            case Section.Charts charts -> {
                out.write("<div class=\"charts\">\n");
                for (Chart chart : charts.charts()) {
                    out.write(SvgChart.draw(chart));
                }
                out.write("</div>\n");
            }
            case Scores scores -> scores(scores, out);
            case Section.Pictures pictures -> {
                for (Section.Pictures.Row row : pictures.rows()) {
                    out.write("<div class=\"pictures\">\n");
                    for (Picture picture : row.pictures()) {
                        String label = Html.escape(picture.label());
                        out.write("<figure><img loading=\"lazy\" alt=\"" + label + "\" src=\"" + picture.url() + "\"><figcaption>" + label
                            + "</figcaption></figure>\n");
                    }
                    out.write("</div>\n" + (row.caption().isBlank() ? "" : "<p class=\"caption\">" + Html.escape(row.caption()) + "</p>\n"));
                }
            }
            case Section.Viewer viewer -> viewer(viewer.clip(), out);
        }
    }

    private static void scores(Scores scores, Writer out) throws IOException {
        out.write("<div class=\"wide\"><table class=\"scores\">\n<thead><tr><th scope=\"col\">error</th>");
        for (int c = 0; c < scores.columns().size(); c++) {
            out.write("<th scope=\"col\">" + Html.escape(scores.columns().get(c)) + (c == scores.baseline() ? " <small>(baseline)</small>" : "") + "</th>");
        }
        out.write("</tr></thead>\n<tbody>\n");
        for (Scores.Row row : scores.rows()) {
            List<Double> values = row.values();
            double best = values.stream().mapToDouble(v -> v).filter(Double::isFinite).min().orElse(Double.NaN);
            double baseline = scores.baseline() < 0 ? Double.NaN : values.get(scores.baseline());
            out.write("<tr><th scope=\"row\">" + Html.escape(row.name()) + " <small>" + Html.escape(row.unit()) + "</small></th>");
            for (int c = 0; c < values.size(); c++) {
                double value = values.get(c);
                out.write("<td" + (value == best ? " class=\"best\"" : "") + ">" + Html.number(value));
                if (c != scores.baseline() && Double.isFinite(value / baseline)) {
                    out.write(" <small>" + Math.round(100 * value / baseline) + " %</small>");
                }
                out.write("</td>");
            }
            out.write("</tr>\n");
        }
        out.write("</tbody></table></div>\n");
        if (scores.baseline() >= 0) {
            out.write("<p class=\"caption\">Smaller is better. Percentages are shares of " + Html.escape(scores.columns().get(scores.baseline())) + ".</p>\n");
        }
    }

    private static void viewer(Clip clip, Writer out) throws IOException {
        out.write(Html.resource("viewer.html").replace("{name}", Html.escape(clip.name())).replace("{last}", String.valueOf(clip.frames() - 1)));
        out.write("<script type=\"application/json\" class=\"clip\">");
        out.write(ClipData.of(clip).toJson());
        out.write("</script>\n");
    }
}
