using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Settings of a task that are not in its file.</summary>
/// <param name="FewShot">Number of examples before each question; null: as the file states.</param>
/// <param name="Chat">Through the model's chat template.</param>
/// <param name="AsTurns">Examples are separate turns of the conversation.</param>
/// <param name="System">A system instruction.</param>
internal sealed record HarnessForm(int? FewShot = null, bool Chat = false, bool AsTurns = false, string? System = null);

/// <summary>The prompts of a task's rows with their examples. Rows must be requested in order, because examples are
/// drawn in that order.</summary>
internal sealed class HarnessPrompts(HarnessConfig config, HarnessFields fields, HarnessForm form, HarnessPool pool)
{
    /// <summary>Number of examples before each question. A requested number replaces that of the file unless the file
    /// states 0.</summary>
    public int FewShot { get; } = config.FewShot == 0 ? 0 : form.FewShot ?? config.FewShot ?? 0;

    /// <summary>Returns the turns of a row's prompts: one prompt, or one per choice if the task has several
    /// inputs.</summary>
    public IReadOnlyList<IReadOnlyList<HarnessTurn>> Of(HarnessRow row, bool severalInputs)
    {
        List<HarnessTurn> turns = [];
        string system = PythonText.Joined(form.System, fields.Description(row), config.ExampleDelimiter);
        if (system.Length > 0)
        {
            turns.Add(new HarnessTurn("system", system));
        }

        turns.AddRange(pool.Examples(row, FewShot).SelectMany(example => Example(example, severalInputs)));
        string? prefix = fields.Prefix(row, config.Prefix);
        return severalInputs
            ?
            [
                .. fields
                    .Choices(row)!
                    .Select(c => (IReadOnlyList<HarnessTurn>)[.. turns, .. HarnessTurn.Of(c, null, prefix, "", "")]),
            ]
            :
            [
                [
                    .. turns,
                    .. HarnessTurn.Of(Question(row, fields.Text(row)), null, prefix, config.TargetDelimiter, ""),
                ],
            ];
    }

    /// <summary>Skips a row that is not asked. Its examples are drawn, so that later rows keep theirs.</summary>
    public void Skip(HarnessRow row) => pool.Skip(row, FewShot);

    private IEnumerable<HarnessTurn> Example(HarnessRow row, bool severalInputs)
    {
        HarnessExamples own = config.Examples;
        object? text = fields.Text(row, own.Text);
        List<string>? choices = fields.Choices(row, own.Choice);
        object? target = fields.Target(row, own.Target);
        string question = severalInputs ? Chosen(row, choices!, text, "doc_to_text") : Question(row, text);
        string answer = target switch
        {
            string written => written,
            List<object?> { Count: > 0 } list => list[0] as string ?? throw Wrong(row, target),
            long or bool when choices is not null && !severalInputs => Chosen(row, choices, target, "doc_to_target"),
            _ => throw Wrong(row, target),
        };
        string? prefix = fields.Prefix(row, own.Prefix ?? config.Prefix);
        return HarnessTurn.Of(
            question,
            answer,
            prefix,
            own.TargetDelimiter ?? config.TargetDelimiter,
            own.ExampleDelimiter ?? config.ExampleDelimiter
        );
    }

    private string Question(HarnessRow row, object? text) =>
        text as string
        ?? throw config.Error($"row {row.Number}: doc_to_text is {TemplateValues.Repr(text)}, which is no text");

    private string Chosen(HarnessRow row, List<string> choices, object? place, string key)
    {
        long at = place switch
        {
            long whole => whole,
            bool flag => flag ? 1 : 0,
            _ => -1,
        };
        return at >= -choices.Count && at < choices.Count
            ? choices[(int)(at < 0 ? at + choices.Count : at)]
            : throw config.Error(
                $"row {row.Number} of the examples: {key} is {TemplateValues.Repr(place)}, "
                    + $"outside its {choices.Count} choices"
            );
    }

    private InputException Wrong(HarnessRow row, object? target) =>
        config.Error(
            $"row {row.Number} of the examples: doc_to_target is {TemplateValues.Repr(target)}, which is no text"
        );
}
