using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;

namespace Fulcrum.Tasks.Choice;

/// <summary>Multiple choice from a file of one's own.</summary>
public static class MultipleChoiceTask
{
    /// <summary>Opens the benchmark of a plan; the plan's paths are absolute.</summary>
    /// <exception cref="InputException">A file is missing or malformed, or a row is no question; names file and
    /// row.</exception>
    public static ChoiceTask Open(MultipleChoicePlan plan, int seed, Decoding? decoding = null)
    {
        ChoiceQuestion[] all = [.. Table.Read(plan.File).Select(row => Question(plan, row))];
        ChoiceQuestion? twice = all.GroupBy(q => q.Id).FirstOrDefault(g => g.Count() > 1)?.First();
        if (twice is not null)
        {
            throw new InputException(
                $"{plan.File}: the id '{twice.Id}' occurs twice; name another column as id, or none to count rows"
            );
        }

        IReadOnlyList<ChoiceQuestion> chosen = StratifiedSample.Of(
            all,
            q => q.Cluster,
            plan.Items,
            RandomStream.For(seed, $"items of {Path.GetFileName(plan.File)}")
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
        return new ChoiceTask(plan.Name, settings, chosen, _ => heading, _ => shots, plan.Fewshot);
    }

    private static ChoiceQuestion[] Shots(MultipleChoicePlan plan)
    {
        ChoiceQuestion[] examples =
            plan.Fewshot == 0
                ? []
                : [.. Table.Read(plan.ExamplesFile!).Take(plan.Fewshot).Select(row => Question(plan, row))];
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

        string id = row.TextOrNull(plan.Id) ?? $"{Path.GetFileNameWithoutExtension(row.File)}/{row.Number}";
        return new ChoiceQuestion(
            id,
            row.TextOrNull(plan.Cluster) ?? "",
            row.TextOrNull(plan.Group) ?? "",
            row.Text(plan.Question),
            options,
            Answer(plan, row, options)
        );
    }

    private static int Answer(MultipleChoicePlan plan, TableRow row, IReadOnlyList<string> options)
    {
        string text = row.Text(plan.Answer).Trim();
        int place = plan.AnswerForm switch
        {
            AnswerForm.Letter => text.Length == 1 ? char.ToUpperInvariant(text[0]) - 'A' : -1,
            AnswerForm.Index => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                ? index
                : -1,
            _ => options.Select(o => o.Trim()).ToList().IndexOf(text),
        };
        return place >= 0 && place < options.Count
            ? place
            : throw row.Error(
                $"the answer '{text}' in the column '{plan.Answer}' is none of {options.Count} options; "
                    + $"wanted: {Allowed(plan.AnswerForm, options.Count)}"
            );
    }

    private static string Allowed(AnswerForm form, int options) =>
        form switch
        {
            AnswerForm.Letter => $"A to {ChoicePrompt.Letter(options - 1)} (answerForm may be letter, index or text)",
            AnswerForm.Index => $"0 to {options - 1} (answerForm may be letter, index or text)",
            _ => "the text of one of them (answerForm may be letter, index or text)",
        };
}
