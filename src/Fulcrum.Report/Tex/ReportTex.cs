using System.Text;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Tex;

/// <summary>The comparison as a LaTeX table (package <c>booktabs</c>), to be brought in by <c>\input</c>.</summary>
internal static class ReportTex
{
    private const string Dagger = @"$^\dagger$";

    public static string Of(RunReport report)
    {
        Words words = report.Words;
        StringBuilder text = new(
            $$"""
            % {{Comment(Sentences.First(report.Comparison, words))}}
            % \usepackage{booktabs}
            \begin{tabular}{lrrrrrrr}
            \toprule
            {{words.Say(
                "Benchmark & Items & Before & After & Difference & Gained & Lost & $p$",
                "Benchmark & Itens & Antes & Depois & Diferença & Ganhos & Perdidos & $p$"
            )}} \\
            \midrule

            """
        );
        foreach (BenchmarkComparison b in report.Comparison.Benchmarks)
        {
            Row(text, Escape(b.Benchmark), b.Items, b.Before, b.After, b.Difference, b.Mcnemar, b.Clusters, words);
            foreach (GroupComparison g in b.Groups)
            {
                Row(
                    text,
                    @"\quad " + Escape(g.Group),
                    g.Items,
                    g.Before,
                    g.After,
                    g.Difference,
                    g.Mcnemar,
                    g.Clusters,
                    words
                );
            }
        }

        text.Append("\\bottomrule\n\\end{tabular}\n");
        return Sentences.Note(report.Comparison, words) is { } note
            ? text.Append($"\n{Number(note).Replace(Sentences.Mark, Dagger, StringComparison.Ordinal)}\n").ToString()
            : text.ToString();
    }

    /// <summary>Text that LaTeX prints as it is.</summary>
    internal static string Escape(string text) =>
        string.Concat(
            text.Where(c => !char.IsControl(c))
                .Select(c =>
                    c switch
                    {
                        '\\' => @"\textbackslash{}",
                        '~' => @"\textasciitilde{}",
                        '^' => @"\textasciicircum{}",
                        '<' => @"\textless{}",
                        '>' => @"\textgreater{}",
                        '|' => @"\textbar{}",
                        '%' or '#' or '$' or '&' or '_' or '{' or '}' => $"\\{c}",
                        _ => c.ToString(),
                    }
                )
        );

    private static void Row(
        StringBuilder text,
        string name,
        int items,
        ScoreInterval before,
        ScoreInterval after,
        Difference d,
        McNemarResult m,
        int clusters,
        Words words
    ) =>
        text.Append(
            $"{name} & {words.Count(items)} & {Number(words.Percent(before.Score))} & {Number(words.Percent(after.Score))} & {Number(words.Points(d.Points))} ({Number(words.Points(d.Low))} {words.To} {Number(words.Points(d.High))}) & {m.Gained} & {m.Lost} & {(m.P < 0.001 ? $"$<${words.Number(0.001)}" : words.P(m.P))}{(Sentences.Disagree(d, m, clusters) ? Dagger : "")} \\\\\n"
        );

    private static string Number(string text) => Escape(text).Replace("−", "$-$", StringComparison.Ordinal);

    // A line break would end the comment, and what follows would be read as LaTeX.
    private static string Comment(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));
}
