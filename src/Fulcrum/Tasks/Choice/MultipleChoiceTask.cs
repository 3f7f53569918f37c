using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Choice;

/// <summary>Multiple choice from a custom file.</summary>
internal static class MultipleChoiceTask
{
    /// <summary>Opens the benchmark of a plan; the plan's paths are absolute.</summary>
    /// <exception cref="InputException">A file is missing or malformed, or a row is no question; names file and
    /// row.</exception>
    public static ChoiceTask Open(MultipleChoicePlan plan, int seed, Decoding? decoding = null)
    {
        (ChoiceQuestion[] all, string layout) = Questions(plan);
        ChoiceQuestion? twice = all.GroupBy(q => q.Id).FirstOrDefault(g => g.Count() > 1)?.First();
        if (twice is not null)
        {
            throw new InputException(
                $"{plan.Place}: the id '{twice.Id}' occurs twice; name another column as id, or none to count rows"
            );
        }

        IReadOnlyList<ChoiceQuestion> chosen = StratifiedSample.Of(
            all,
            q => q.Cluster,
            plan.Items,
            RandomStream.For(seed, $"items of {Path.GetFileName(plan.Place)}")
        );
        ChoiceSettings settings = new(
            plan.Reading,
            plan.Prompt,
            plan.Rotations,
            plan.MaxNewTokens,
            decoding ?? Decoding.Greedy
        );
        ChoiceQuestion[] shots = Shots(plan);
        string heading = plan.Instruction.Length == 0 ? "" : plan.Instruction.TrimEnd() + "\n\n";
        return new ChoiceTask(plan.Name, settings, chosen, _ => heading, _ => shots, plan.Fewshot, joinsEqual: true)
        {
            Layout = layout,
        };
    }

    // The rows are not needed any more when this returns. They take more memory than the questions.
    private static (ChoiceQuestion[] Questions, string Layout) Questions(MultipleChoicePlan plan)
    {
        IReadOnlyList<TableRow> rows = DataSplit.Open(plan.Place).Rows();
        string[] unused = Unused(plan, rows);
        return (
            FileFaults.Read(rows, row => Question(plan, row)),
            $"{rows.Count} rows, {TrainingFormat.Described($"columns: {Used(plan)}", unused)}"
        );
    }

    private static ChoiceQuestion[] Shots(MultipleChoicePlan plan)
    {
        ChoiceQuestion[] examples =
            plan.Fewshot == 0
                ? []
                :
                [
                    .. DataSplit
                        .Open(plan.ExamplesFile!)
                        .Rows()
                        .Take(plan.Fewshot)
                        .Select(row => Question(plan with { Cluster = null }, row)),
                ];
        return examples.Length == plan.Fewshot
            ? examples
            : throw new InputException(
                $"{plan.ExamplesFile} has {examples.Length} worked examples, fewer than {plan.Fewshot}"
            );
    }

    private static ChoiceQuestion Question(MultipleChoicePlan plan, TableRow row)
    {
        IReadOnlyList<string> columns = plan.Options ?? ["options"];
        IReadOnlyList<string> options = columns is [var list] ? row.Texts(list) : [.. columns.Select(row.Text)];
        if (options.Count is < 2 or > 26)
        {
            string hint =
                columns.Count == 1
                    ? $". The column '{columns[0]}' must hold a list. "
                        + "If each option has its own column, name the columns in 'options'"
                    : "";
            throw row.Error($"{options.Count} options; a question needs 2 to 26{hint}");
        }

        string id = row.TextOrNull(plan.Id) ?? row.Id;
        int[] right = [.. Answers(plan, row).Select(a => Answer(plan, row, options, a.Trim())).Distinct()];
        return right.Length == 0
            ? throw row.Error($"the column '{plan.Answer}' holds an empty list")
            : new ChoiceQuestion(
                id,
                row.Cluster(plan.Cluster),
                row.TextOrNull(plan.Group) ?? "",
                plan.Template is null ? row.Text(plan.Question) : new TextTemplate(plan.Template).Of(row),
                options,
                right[0],
                right.Length > 1 ? right[1..] : null,
                row.Place
            );
    }

    // The number of a class label is an index; other forms need its name.
    private static IEnumerable<string> Answers(MultipleChoicePlan plan, TableRow row) =>
        plan.AnswerForm is AnswerForm.Index or AnswerForm.IndexFromOne
            ? row.Texts(plan.Answer)
            : row.NamedTexts(plan.Answer);

    private static string Used(MultipleChoicePlan plan) =>
        string.Join(
            ", ",
            (string[])
                [plan.Template is null ? plan.Question : "the template", .. plan.Options ?? ["options"], plan.Answer]
        );

    /// <summary>Returns the columns that are not used. Of a template those that it does not name.</summary>
    /// <exception cref="InputException">Rows ask the same and differ in such a column.</exception>
    private static string[] Unused(MultipleChoicePlan plan, IReadOnlyList<TableRow> rows)
    {
        string[] asked = [.. plan.Template is null ? new[] { plan.Question } : [], .. plan.Options ?? ["options"]];
        string?[] others = [plan.Answer, plan.Labels, plan.Id, plan.Cluster, plan.Group];
        IReadOnlyList<string> columns = Table.ColumnsOf(rows);
        string[] unused = TrainingFormat.Rest(
            plan.Template is { } template ? TrainingFormat.Unnamed(columns, template) : columns,
            [.. asked, .. others.OfType<string>()]
        );
        if (plan.Template is null)
        {
            TrainingFormat.CheckUnused(
                rows,
                asked,
                unused,
                "'template', 'options', 'labels', 'id', 'cluster' or 'group' of the task"
            );
        }

        return unused;
    }

    private static int Answer(MultipleChoicePlan plan, TableRow row, IReadOnlyList<string> options, string text)
    {
        if (text.Length == 0)
        {
            throw row.Error($"the answer is empty, in the column '{plan.Answer}'");
        }

        int place = plan.AnswerForm switch
        {
            AnswerForm.Letter => text.Length == 1 ? char.ToUpperInvariant(text[0]) - 'A' : -1,
            AnswerForm.Index => Whole(text),
            AnswerForm.IndexFromOne => Whole(text) - 1,
            AnswerForm.Label => Labels(plan, row, options).ToList().IndexOf(text),
            _ => options.Select(o => o.Trim()).ToList().IndexOf(text),
        };
        return place >= 0 && place < options.Count
            ? place
            : throw row.Error(
                $"the answer '{text}' in the column '{plan.Answer}' is none of {options.Count} options; "
                    + $"wanted: {Allowed(plan, row, options.Count)} (answerForm may be "
                    + $"{string.Join(", ", Enum.GetValues<AnswerForm>().Select(EnumNames.Of))})"
            );
    }

    private static int Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;

    private static IReadOnlyList<string> Labels(MultipleChoicePlan plan, TableRow row, IReadOnlyList<string> options)
    {
        IReadOnlyList<string> labels = [.. row.Texts(plan.Labels!).Select(l => l.Trim())];
        return labels.Count == options.Count
            ? labels
            : throw row.Error(
                $"{labels.Count} labels in the column '{plan.Labels}' for {options.Count} options; each "
                    + $"option needs one"
            );
    }

    private static string Allowed(MultipleChoicePlan plan, TableRow row, int options) =>
        plan.AnswerForm switch
        {
            AnswerForm.Letter => $"A to {ChoicePrompt.Letter(options - 1)}",
            AnswerForm.Index => $"0 to {options - 1}",
            AnswerForm.IndexFromOne => $"1 to {options}",
            AnswerForm.Label => $"one of the labels {string.Join(", ", row.Texts(plan.Labels!))}",
            _ => "the text of one of them",
        };
}
