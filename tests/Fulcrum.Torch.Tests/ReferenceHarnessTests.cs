using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class ReferenceHarnessTests
{
    private static ModelSpec Model() =>
        ModelSpec.InFolder(SharedData.Of("golden", "models", "qwen2-full-vocabulary"), Dtype.F32, device: "cpu");

    [Fact]
    public void Letter_likelihoods_are_those_of_lm_evaluation_harness()
    {
        JsonNode[] lines =
        [
            .. File.ReadLines(SharedData.Of("golden", "mmlu", "lm-eval.jsonl")).Select(l => JsonNode.Parse(l)!),
        ];
        PromptEncoding encoding = PromptEncoding.Load(Model().Folder);
        using ILanguageModel model = new TorchEngine().Open(Model());
        ScoreRequest[] requests =
        [
            .. lines.Select(l =>
                encoding.Score(new Question.Choose(new Prompt.Text((string)l["prompt"]!), MmluPrompt.Letters))
            ),
        ];
        int answers = 0;

        model.Score(
            requests,
            (i, scores) =>
            {
                answers++;
                for (int c = 0; c < 4; c++)
                {
                    Assert.Equal((double)lines[i]["log_likelihoods"]![c]!, scores[c].LogLikelihood, 1e-3);
                }
            }
        );

        Assert.Equal(lines.Length, answers);
    }

    [Fact]
    public void Greedy_chat_continuations_are_those_of_transformers()
    {
        JsonNode[] lines =
        [
            .. File.ReadLines(SharedData.Of("golden", "chat", "greedy.jsonl")).Select(l => JsonNode.Parse(l)!),
        ];
        using ILanguageModel model = new TorchEngine().Open(Model());
        CompletionRequest[] requests =
        [
            .. lines.Select(l => new CompletionRequest([.. l["prompt"]!.AsArray().Select(t => (int)t!)], 24, [151645])),
        ];
        int answers = 0;

        model.Complete(
            requests,
            (i, completion) =>
            {
                answers++;
                Assert.Equal(
                    lines[i]["generated"]!.AsArray().Select(t => (int)t!).TakeWhile(t => t != 151645),
                    completion.Ids.TakeWhile(t => t != 151645)
                );
            }
        );

        Assert.Equal(lines.Length, answers);
    }
}
