using BenchmarkDotNet.Attributes;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using static TorchSharp.torch;

namespace Fulcrum.Benchmarks;

/// <summary>A file of 64 tensors of 1 MiB: its header checked, its tensors read and written.</summary>
public class SafetensorsBenchmark
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"benchmark-{Environment.ProcessId}.safetensors");
    private Dictionary<string, Tensor> tensors = [];

    [GlobalSetup]
    public void Setup()
    {
        Libtorch.Load();
        tensors = Enumerable.Range(0, 64).ToDictionary(i => $"model.layers.{i}.weight", _ => randn(256, 1024));
        Write();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        File.Delete(path);
        tensors.Values.ToList().ForEach(t => t.Dispose());
    }

    [Benchmark]
    public int Open()
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Tensors.Count;
    }

    [Benchmark]
    public long Read()
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        long values = 0;
        foreach (string name in file.Tensors.Keys)
        {
            using Tensor tensor = file.Read(name);
            values += tensor.NumberOfElements;
        }

        return values;
    }

    [Benchmark]
    public void Write() => SafetensorsFile.Write(path, tensors);
}
