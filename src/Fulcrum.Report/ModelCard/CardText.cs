using System.Text;
using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Markdown;

namespace Fulcrum.Report.ModelCard;

/// <summary>The text of a model card: verdict, table, protocol, limits.</summary>
internal static class CardText
{
    /// <summary>Returns the text of the shown candidate's card.</summary>
    /// <param name="isAdapter">False: a complete model.</param>
    public static string Of(RunReport report, CardProtocols protocols, bool isAdapter)
    {
        StringBuilder text = new($"# {Escape(report.Shown.Name)}\n\n");
        text.Append(Introduction(report, isAdapter));
        Results(text, report);
        ProtocolOf(text, report, protocols);
        Limits(text, report);
        return text.ToString();
    }

    private static string Introduction(RunReport report, bool isAdapter)
    {
        string model = Escape(CardMetadata.BaseOf(report));
        return $"{(isAdapter ? "An adapter for" : "A model tuned from")} the base model {model}. "
            + $"Study: {Escape(report.Study.Title)}. Base in the study: {Escape(Facts.Model(report))}.\n\n"
            + $"Training: {Escape(Facts.Training(report))}.\n\n";
    }

    private static void Results(StringBuilder text, RunReport report)
    {
        Words words = report.Words;
        text.Append("## Results\n\n")
            .Append($"**{Escape(Sentences.Of(report.Shown.Verdict, words))}**\n\n")
            .Append("| task | role | items | clusters | base | this model | difference, points (95%) | p |\n")
            .Append("|---|---|--:|--:|--:|--:|--:|--:|\n");
        foreach (PairedResult task in report.Shown.Tasks)
        {
            string role = report.Study.Targets.Contains(task.Task) ? "target" : "general";
            text.Append(
                $"| {Escape(task.Task)} | {role} | {Facts.ItemCount(task, words)} "
                    + $"| {(task.Clusters > 1 ? words.Count(task.Clusters) : "–")} "
                    + $"| {words.Percent(task.Before.Score)} ({words.Interval(task.Before)}) "
                    + $"| {words.Percent(task.After.Score)} ({words.Interval(task.After)}) "
                    + $"| {words.Change(task.Difference)} "
                    + $"| {words.P(task.P).Replace("<", "&lt;", StringComparison.Ordinal)} |\n"
            );
        }

        text.Append('\n');
        foreach (PairedResult task in report.Shown.Tasks)
        {
            string scope = Sentences.Generalisation(task, words, Kinds.ClusterNoun(report, task.Task));
            text.Append(scope.Length > 0 ? $"- {Escape(task.Task)}: {Escape(scope)}\n" : "");
        }
    }

    private static void ProtocolOf(StringBuilder text, RunReport report, CardProtocols protocols)
    {
        text.Append(
                "\n## Protocol\n\nBase and this model answered the same items by the same procedure. "
                    + "The settings `items`, `prompts`, `template` and `model` are SHA-256 digests.\n\n"
            )
            .Append("| task | setting | value |\n|---|---|---|\n");
        foreach (PairedResult task in report.Shown.Tasks)
        {
            if (CardProtocols.OnHub(report.Study.Tasks[task.Task]) is { } hub)
            {
                text.Append($"| {Escape(task.Task)} | data | {Escape(hub.ToString())} |\n");
            }

            foreach ((string field, string value) in protocols.Of(task.Task).Where(f => f.Key != "benchmark"))
            {
                text.Append($"| {Escape(task.Task)} | {Escape(field)} | {Escape(value)} |\n");
            }
        }
    }

    private static void Limits(StringBuilder text, RunReport report)
    {
        Words words = report.Words;
        string general = string.Join(
            ", ",
            report.Shown.Tasks.Select(t => t.Task).Where(t => !report.Study.Targets.Contains(t))
        );
        string margin = words.Number(report.Study.Margin);
        text.Append("\n## Limits\n\n")
            .Append("- The results hold for these tasks, this protocol and this numeric form only.\n")
            .Append(
                general.Length > 0
                    ? $"- Losses were looked for in: {Escape(general)}. Other abilities were not measured.\n"
                        + $"- A general task counts as kept if its loss is shown to be at most {margin} points. "
                        + "\"Accept\" does not mean that nothing was lost.\n"
                    : "- Nothing except the target was measured, so the results say nothing about losses.\n"
            )
            .Append("- The intervals cover the sampling of items, not the randomness of training.\n")
            .Append("- Safety was not evaluated, except as far as a task above measures it.\n");
        foreach (PairedResult task in report.Shown.Tasks)
        {
            string?[] doubts =
            [
                Sentences.Unscored(task, words),
                .. Sentences.Replies(task, words),
                Sentences.Lucky(task, words),
            ];
            doubts.OfType<string>().ToList().ForEach(d => text.Append($"- {Escape(d)}\n"));
        }

        foreach (string warning in report.SharedWarnings.Concat(report.WarningsOf(report.Shown.Name)))
        {
            text.Append($"- Warning of the run: {Escape(warning.TrimEnd('.'))}.\n");
        }
    }

    private static string Escape(string text) => ReportMarkdown.Escape(text);
}
