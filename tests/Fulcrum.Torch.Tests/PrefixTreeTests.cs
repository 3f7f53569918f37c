using CsCheck;
using Fulcrum.Models;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

public sealed class PrefixTreeTests
{
    private static readonly Gen<int[][]> Sequences = Gen.Int[0, 3].Array[1, 12].Array[1, 10];

    [Fact]
    public void Every_sequence_is_the_path_to_its_end() =>
        Sequences.Sample(
            sequences =>
            {
                PrefixTree tree = PrefixTree.Of(sequences, longest: 5);
                HashSet<PrefixNode> earlier = [];
                foreach (PrefixNode node in tree.Nodes)
                {
                    Assert.InRange(node.Length, 1, 5);
                    Assert.True(node.Parent is null || earlier.Contains(node.Parent));
                    earlier.Add(node);
                }

                for (int i = 0; i < sequences.Length; i++)
                {
                    Assert.Equal(sequences[i], tree.EndOf(i).Path.SelectMany(n => n.Tokens.ToArray()));
                }
            },
            iter: 300
        );

    [Fact]
    public void No_two_branches_begin_alike() =>
        Sequences.Sample(
            sequences =>
                Assert.All(
                    PrefixTree
                        .Of(sequences, longest: 100)
                        .Nodes.GroupBy(n => n.Parent, n => n.Tokens[0])
                        .Select(g => g.ToArray()),
                    first => Assert.Equal(first.Distinct(), first)
                ),
            iter: 300
        );

    [Theory]
    [InlineData(4)] // by the library's attention
    [InlineData(8)] // row by row
    public void A_window_hides_the_same_tokens_in_a_tree_as_in_a_sequence(int headSize)
    {
        ModelConfig config = new(
            "mistral",
            40,
            16,
            24,
            2,
            4,
            2,
            headSize,
            64,
            1e-5,
            new RotaryConfig(10000),
            false,
            false,
            false,
            false,
            false,
            [6, null]
        );
        using LanguageModel model = ModelLoader.Random(config, CPU, ScalarType.Float32, seed: 1);
        using TorchLanguageModel shared = new(model);
        int[] stem = [.. Enumerable.Range(0, 20).Select(i => i * 7 % 40)];
        ScoreRequest[] requests =
        [
            .. Enumerable
                .Range(0, 6)
                .Select(i => new ScoreRequest(
                    [.. stem[..(10 + i)], i, i + 1],
                    [
                        [3, 4, 5],
                        [i],
                    ]
                )),
        ];

        shared.Score(
            requests,
            (i, scores) =>
                Assert.All(
                    scores.Zip(requests[i].Continuations),
                    s => Assert.Equal(Plain(model, requests[i].Prompt, s.Second), s.First.LogLikelihood, 1e-4)
                ),
            TestContext.Current.CancellationToken
        );
        List<int> written = [];
        shared.Complete(
            [new CompletionRequest(stem, 12, [])],
            (_, c) => written.AddRange(c.Ids),
            TestContext.Current.CancellationToken
        );

        Assert.Equal(Greedy(model, stem, 12), written);

        // More than are read alone share the stem; each has tokens of its own before and behind the window's edge.
        int[][] prompts = [.. Enumerable.Range(0, 7).Select(i => (int[])[.. stem, i, .. Enumerable.Repeat(i + 1, i)])];
        shared.Complete(
            [.. prompts.Select(p => new CompletionRequest(p, 9, []))],
            (i, c) => Assert.Equal(Greedy(model, prompts[i], 9), c.Ids),
            TestContext.Current.CancellationToken
        );
    }

    private static double Plain(LanguageModel model, int[] prompt, int[] continuation)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor likely = nn.functional.log_softmax(Logits(model, [.. prompt, .. continuation]), -1);
        return continuation.Select((t, i) => (double)likely[prompt.Length - 1 + i, t].ToSingle()).Sum();
    }

    private static int[] Greedy(LanguageModel model, int[] prompt, int count)
    {
        int[] ids = prompt;
        for (int i = 0; i < count; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            ids = [.. ids, (int)Logits(model, ids)[-1].argmax().ToInt64()];
        }

        return ids[prompt.Length..];
    }

    private static Tensor Logits(LanguageModel model, int[] ids)
    {
        using IDisposable frozen = no_grad();
        return model.LogitsAt(
            model.Forward(tensor(ids.Select(i => (long)i).ToArray()), arange(ids.Length), new CausalAttention())
        );
    }
}
