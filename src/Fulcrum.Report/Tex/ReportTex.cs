using System.Text;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Tex;

/// <summary>The comparison as a LaTeX table (package <c>booktabs</c>), to be brought in by <c>\input</c>.</summary>
internal static class ReportTex
{
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        StringBuilder text = new(
            $$"""
            % {{Comment(Sentences.Of(report.Shown, report.Comparison, words))}}
            % {{Comment(Explanations.Adjusted(report.Shown.Tasks, words) ?? "")}}
            % \usepackage{booktabs}
            \begin{tabular}{lrrrrrrr}
            \toprule
            {{words.Say(
                "Task & Items & Before & After & Difference & Gained & Lost & $p$",
                "Tarefa & Itens & Antes & Depois & Diferença & Ganhos & Perdidos & $p$"
            )}} \\
            \midrule

            """
        );
        foreach (PairedResult b in report.Shown.Tasks)
        {
            Row(text, Escape(b.Task), b, words);
            foreach (PairedResult g in b.Groups)
            {
                Row(text, @"\quad " + Escape(g.Name), g, words);
            }
        }

        return text.Append("\\bottomrule\n\\end{tabular}\n").ToString();
    }

    /// <summary>Text that LaTeX prints as it is.</summary>
    internal static string Escape(string text) =>
        string.Concat(
            Printable
                .Line(text)
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

    private static void Row(StringBuilder text, string name, PairedResult b, Words words)
    {
        Difference d = b.Difference;
        string p = (b.P < 0.001 ? $"$<${words.Number(0.001)}" : words.P(b.P)) + (Signs.IsAdjusted(b) ? @"\dag" : "");
        text.Append(
            $"{name} & {words.Count(b.Items)} & {Number(words.Percent(b.Before.Score))} "
                + $"& {Number(words.Percent(b.After.Score))} & {Number(words.Points(d.Points))} "
                + $"({Number(words.Points(d.Low))} {words.To} {Number(words.Points(d.High))}) & {b.Gained} "
                + $"& {b.Lost} & {p} \\\\\n"
        );
    }

    private static string Number(string text) => Escape(text).Replace("−", "$-$", StringComparison.Ordinal);

    // A line break would end the comment, and what follows would be read as LaTeX.
    private static string Comment(string text) => Printable.Line(text);
}
