using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>What a training gets: checks, and a digest of all of it.</summary>
internal static class TrainingInputs
{
    /// <summary>Checks that every example can be trained on.</summary>
    /// <exception cref="InputException">An example is too long, or has nothing to be trained on; names it.</exception>
    public static void Check(LanguageModel model, TrainPlan plan, IReadOnlyList<TrainingExample> examples)
    {
        CheckForm(model, plan);
        if (examples.Count == 0)
        {
            throw new InputException("there is no training example");
        }

        if (plan.ValidationShare > 0 && ValidationSplit.Count(plan, examples.Count) == examples.Count)
        {
            throw new InputException(
                $"train.validationShare is {plan.ValidationShare}, which holds back all {examples.Count} "
                    + "training examples; lower it"
            );
        }

        int longest = Math.Min(plan.MaxTokens ?? int.MaxValue, model.Config.ContextLength);
        foreach (TrainingExample example in examples)
        {
            Check(example, longest, model.Config.VocabularySize);
        }
    }

    private static void CheckForm(LanguageModel model, TrainPlan plan)
    {
        if (plan.GradientCheckpointing && plan.Dropout > 0 && model.Device.type != DeviceType.CPU)
        {
            throw new InputException(
                "train: gradientCheckpointing with dropout is supported on the CPU only, "
                    + "because TorchSharp does not hand out a CUDA device's random state; "
                    + "set dropout to 0 or leave checkpointing off"
            );
        }

        if (model.Dtype == ScalarType.Float16 && model.Device.type == DeviceType.CPU)
        {
            throw new InputException(
                "train: f16 is for GPUs; a CPU multiplies it slowly and gains nothing by it. "
                    + "Use f32 or bf16 (auto chooses the faster one)"
            );
        }
    }

    private static void Check(TrainingExample example, int longest, int vocabularySize)
    {
        if (example.Ids.Length > longest)
        {
            throw new InputException(
                $"the training example {example.Id} has {example.Ids.Length} tokens, more than {longest}: "
                    + "its completion would be cut; raise maxTokens or leave the example out"
            );
        }

        if (!example.Trained.Skip(1).Any(t => t) || example.Ids.Any(id => id < 0 || id >= vocabularySize))
        {
            throw new InputException(
                $"the training example {example.Id} has no completion token, "
                    + $"or an id outside the vocabulary of {vocabularySize}"
            );
        }
    }

    // Every file of the initial adapter: another adapter is another training.
    private static string InitialDigest(string? folder) =>
        folder is null
            ? ""
            : string.Join(
                ' ',
                Directory
                    .EnumerateFiles(folder, "adapter*")
                    .Order(StringComparer.Ordinal)
                    .Select(f => $"{Path.GetFileName(f)} {Sha256.OfFile(f)}")
            );

    /// <summary>Returns a digest of everything that decides a training. A training is resumed only with the same.
    /// </summary>
    public static string Digest(
        string baseName,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples,
        LoraConfig config,
        LoraTrainer.Setup setup
    )
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(
            Encoding.UTF8.GetBytes(
                $"{baseName}\n{setup.BaseDigest}\n{InitialDigest(setup.InitialAdapter)}\n"
                    + $"{JsonSerializer.Serialize(plan, StudyJson.Default.TrainPlan)}\n{config.Rank} "
                    + $"{config.Alpha}\n{setup.GivenOrder}\n{setup.Form}\n"
            )
        );
        foreach (TrainingExample example in examples)
        {
            hash.AppendData(
                Encoding.UTF8.GetBytes(
                    $"{string.Join(' ', example.Ids)}|{string.Concat(example.Trained.Select(t => t ? '1' : '0'))}\n"
                )
            );
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
