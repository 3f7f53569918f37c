using System.Text.Json.Nodes;

namespace Fulcrum.Models;

/// <content>Training examples as token ids.</content>
public sealed partial class PromptEncoding
{
    private TrainingConversation? conversations;

    /// <summary>Returns the token ids of a training example, and on which of them the loss is taken: on a completion
    /// after the rendered prompt, with the tokenizer's end token after it; on every reply of a conversation; or on
    /// given ids.</summary>
    /// <exception cref="InputException">The tokenizer has no end token, the template refuses the conversation, or no
    /// token of the example is trained.</exception>
    public TrainingExample Example(TrainingText text)
    {
        TrainingExample example =
            text.Ids is { } ids ? TrainingExample.Of(text.Id, ids.Prompt, ids.Completion, text.Cluster)
            : text.Conversation is { } messages ? OfConversation(text, messages)
            : OfCompletion(text);
        return example.Trained.Any(t => t)
            ? example
            : throw text.Error("no token of it is trained on: the completion is empty");
    }

    /// <summary>Returns a warning for each difference between training and generation in how a reply begins or
    /// ends.</summary>
    public IEnumerable<string> TrainingWarnings(IReadOnlyList<TrainingExample> examples)
    {
        TrainingExample? open = examples.FirstOrDefault(e =>
            !endTokens.Contains(e.Ids[Array.LastIndexOf(e.Trained, true)])
        );
        if (tokenizer is not null && endTokens.Count > 0 && open is not null)
        {
            string last = tokenizer.Decode([open.Ids[Array.LastIndexOf(open.Trained, true)]]);
            yield return $"the training example {open.Id} ends with '{last}', which is no end token of the model "
                + $"({string.Join(", ", endTokens.Select(e => $"'{tokenizer.Decode([e])}'"))} in "
                + $"generation_config.json "
                + "or config.json): the trained model may write on where the example ended";
        }

        if (conversations?.OtherBeginning is { } prompt)
        {
            yield return $"the generation prompt of the chat template ends with '{prompt.ReplaceLineEndings("\\n")}', "
                + "which the finished turns of the training data do not have: training and generation begin "
                + "differently";
        }
    }

    /// <summary>Returns an example with texts. Token ids are decoded.</summary>
    internal TrainingText Readable(TrainingText text) =>
        text.Ids is { } ids
            ? text with
            {
                Prompt = new Prompt.Text(Known.Decode(ids.Prompt, skipSpecialTokens: true)),
                Completion = Known.Decode(ids.Completion, skipSpecialTokens: true),
            }
            : text;

    private TrainingExample OfConversation(TrainingText text, JsonArray messages)
    {
        conversations ??= new TrainingConversation(
            Known,
            template
                ?? throw new InputException(
                    "the model has no chat template (tokenizer_config.json, chat_template.jinja), but the "
                        + "training data are conversations; give prompts instead of messages"
                ),
            [.. endTokens, .. Known.EosId is { } eos ? [eos] : Array.Empty<int>()],
            variables
        );
        (int[] ids, bool[] trained) = conversations.Encode(text, messages);
        return new TrainingExample(text.Id, ids, trained, text.Cluster);
    }

    private TrainingExample OfCompletion(TrainingText text)
    {
        string prompt = Render(text.Prompt);
        bool special = text.Prompt is Prompt.Text;
        int[] before = Ids(prompt, special);
        int end =
            Known.EosId
            ?? throw new InputException(
                "the model's tokenizer_config.json names no eos_token, so a completion cannot be closed; "
                    + "give prompt_ids and completion_ids instead"
            );
        int[] completion = [.. PairEncoding.Following(Ids, before, prompt, text.Completion, special), end];
        return TrainingExample.Of(text.Id, before, completion, text.Cluster);
    }
}
