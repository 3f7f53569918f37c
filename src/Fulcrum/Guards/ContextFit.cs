using System.Text;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>Finds items that do not fit into a model's context, before any item is evaluated.</summary>
/// <param name="Context">The model's context length, in tokens.</param>
/// <param name="Scored">The most tokens of a prompt and a continuation together, in a request that is scored.</param>
/// <param name="TooLong">The first item that cannot be evaluated, and why; null: all can be.</param>
/// <param name="Refused">The number of items that cannot be evaluated.</param>
/// <param name="Short">The number of items after whose prompt there is less room than the task's limit of a
/// reply.</param>
/// <param name="Cut">The number of items whose prompt is truncated at its beginning.</param>
internal sealed record ContextFit(ITask Task, int Context, int Scored, string? TooLong, int Refused, int Short, int Cut)
{
    // A token represents at least one byte, except for a few special tokens. So a prompt with fewer bytes than the
    // context has tokens need not be tokenised.
    private const int Special = 64;

    private const int MostNamed = 10;

    /// <summary>The first of the items that cannot be evaluated, by their ids.</summary>
    public IReadOnlyList<string> Named { get; private init; } = [];

    /// <summary>Measures the prompts of a task, except those that are certainly short enough.</summary>
    /// <param name="context">The model's context length, in tokens; null: it is not known.</param>
    /// <param name="scored">As <see cref="ILanguageModel.ScoredLength"/>; null: one more than the context, because the
    /// last token is predicted and not read.</param>
    /// <returns>Null if the context length or the tokenizer is not known.</returns>
    public static ContextFit? Of(ITask task, PromptEncoding encoding, int? context, int? scored = null)
    {
        if (context is not { } most || !encoding.HasTokenizer)
        {
            return null;
        }

        int read = (scored ?? most + 1) - 1;
        TextPairs pairs = encoding.Pairs(read),
            whole = encoding.Pairs(int.MaxValue);
        ContextFit fit = new(task, most, read + 1, null, 0, 0, 0);
        foreach (Item item in task.Items)
        {
            Question question = task.Ask(item);
            fit = question switch
            {
                Question.Choose choose when Bytes(encoding, choose.Prompt, choose.Continuations) > read => fit.Adding(
                    item,
                    encoding.Score(choose)
                ),
                Question.Write write when Bytes(encoding, write.Prompt, []) + write.MaxNewTokens > most => fit.Adding(
                    item,
                    encoding.Encode(write.Prompt).Length,
                    write.MaxNewTokens
                ),
                Question.Pairs several => fit.Adding(item, several, encoding, pairs, whole),
                Question.Continue more when Bytes(encoding, more.Prompt, []) + more.MaxNewTokens > most => fit.Adding(
                    item,
                    more,
                    encoding,
                    whole
                ),
                _ => fit,
            };
        }

        return fit;
    }

    /// <summary>Refuses a task with an item that cannot be evaluated.</summary>
    /// <param name="whose">The model, for the message: <c>the base</c>.</param>
    /// <exception cref="InputException">An item is too long. The message names task, item, lengths and what to
    /// do.</exception>
    public void Refuse(string whose, TaskPlan plan, SettingNames named)
    {
        if (TooLong is null)
        {
            return;
        }

        string more = Refused > Named.Count ? $" and {Refused - Named.Count} more" : "",
            many = Refused == 1
                ? ""
                : $" {Refused} of {Task.Items.Count} items are too long: {string.Join(", ", Named)}{more}.";
        throw new InputException(
            $"task {Task.Name}: item {TooLong}, and the context of {whose} is {Context} tokens.{many} "
                + $"{Remedy(plan, named)}"
        );
    }

    /// <summary>Returns a sentence for each kind of item that fits only in part.</summary>
    public IEnumerable<string> Warnings(string whose, TaskPlan plan, SettingNames named)
    {
        if (Short > 0)
        {
            string limit = LimitOf(plan, named) is { } key ? $" Lower {key}, or shorten the prompts." : "";
            yield return $"{Task.Name}: after {Short} of {Task.Items.Count} prompts the context of {whose} ({Context} "
                + $"tokens) has less room than a reply may take, so these replies may be cut off.{limit}";
        }

        if (Cut > 0)
        {
            yield return $"{Task.Name}: the prompts of {Cut} of {Task.Items.Count} items are longer than the context "
                + $"of {whose} ({Context} tokens). Their beginnings are cut off, as lm-evaluation-harness does."
                + (plan.HasFewshot ? $" Lower {named.Of(plan.Name, "fewshot")} to keep them whole." : "");
        }
    }

    /// <summary>Returns the name of the setting that limits a reply; null if there is none.</summary>
    public static string? LimitOf(TaskPlan plan, SettingNames named) =>
        plan.WithMaxNewTokens(1) is not null ? named.Of(plan.Name, "maxNewTokens") : plan.ReplyLimitElsewhere;

    private static string Remedy(TaskPlan plan, SettingNames named) =>
        (plan.HasFewshot ? $"Lower {named.Of(plan.Name, "fewshot")}, shorten" : "Shorten")
        + " the prompts, "
        + (plan.LeaveOut(key => named.Of(plan.Name, key)) is { } how ? $"{how}, " : "")
        + "or choose a model with a longer context. A task file of lm-evaluation-harness (.yaml) keeps the end of a "
        + "prompt that is too long";

    private ContextFit Adding(Item item, ScoreRequest request)
    {
        int behind = request.Continuations.Max(c => c.Length);
        return request.Prompt.Length <= Context && request.Prompt.Length + behind <= Scored
            ? this
            : Refusing(item, $"the prompt has {request.Prompt.Length} tokens and its longest continuation {behind}");
    }

    private ContextFit Adding(Item item, int prompt, int room) =>
        prompt > Context ? Refusing(item, $"the prompt has {prompt} tokens and leaves no room for a reply")
        : prompt + room > Context ? this with { Short = Short + 1 }
        : this;

    private ContextFit Adding(
        Item item,
        Question.Pairs question,
        PromptEncoding encoding,
        TextPairs pairs,
        TextPairs whole
    )
    {
        (string Prompt, string Continuation)[] texts =
        [
            .. question.Requests.Select(r => (encoding.Render(r.Prompt), r.Continuation)),
        ];
        bool cut = false;
        foreach ((string prompt, string continuation) in texts.Where(t => Bytes(t.Prompt, t.Continuation) >= Scored))
        {
            ScoreRequest all = whole.Pair(prompt, continuation);
            int behind = all.Continuations[0].Length;
            if (behind >= Scored)
            {
                return Refusing(item, $"a continuation has {behind} tokens");
            }

            cut |= pairs.Pair(prompt, continuation).Prompt.Length < all.Prompt.Length;
        }

        return cut ? this with { Cut = Cut + 1 } : this;
    }

    private ContextFit Adding(Item item, Question.Continue question, PromptEncoding encoding, TextPairs whole) =>
        question.MaxNewTokens >= Context ? Refusing(item, $"a reply may have {question.MaxNewTokens} tokens")
        : whole.Prompt(encoding.Render(question.Prompt), 0).Length + question.MaxNewTokens > Context
            ? this with
            {
                Cut = Cut + 1,
            }
        : this;

    private ContextFit Refusing(Item item, string why) =>
        this with
        {
            TooLong = TooLong ?? $"{item.Id}: {why}",
            Refused = Refused + 1,
            Named = Refused < MostNamed ? [.. Named, item.Id] : Named,
        };

    private static int Bytes(PromptEncoding encoding, Prompt prompt, IReadOnlyList<string> continuations) =>
        Bytes(encoding.Render(prompt), continuations.MaxBy(Encoding.UTF8.GetByteCount) ?? "");

    private static int Bytes(string prompt, string continuation) =>
        Encoding.UTF8.GetByteCount(prompt) + Encoding.UTF8.GetByteCount(continuation) + Special;
}
