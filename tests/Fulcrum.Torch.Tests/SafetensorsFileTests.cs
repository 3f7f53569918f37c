using System.Text;
using CsCheck;
using Fulcrum.Torch.Interop;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

public sealed class SafetensorsFileTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        using Tensor weights = arange(12, dtype: float32).reshape(3, 4),
            codes = arange(5, dtype: uint8),
            half = ones(2, 2, dtype: bfloat16);
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        SafetensorsFile.Write(
            path,
            new Dictionary<string, Tensor>
            {
                ["w"] = weights,
                ["c"] = codes,
                ["h"] = half,
            }
        );

        using SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.Equal(["c", "h", "w"], file.Tensors.Keys.Order());
        Assert.Equal(weights.data<float>().ToArray(), file.Read("w").data<float>().ToArray());
        Assert.Equal(codes.data<byte>().ToArray(), file.Read("c").data<byte>().ToArray());
        Assert.Equal([1f, 1f, 1f, 1f], file.Read("h", float32).data<float>().ToArray());
        File.Delete(path);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "cannot have")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""", "shape")]
    [InlineData("""{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}""", "F99")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "overlaps"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[4000000000,4000000000],"data_offsets":[0,8]}}""", "cannot have")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,80]}}""", "truncated")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "not valid JSON"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "leaves a hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "4 bytes lie after the last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "lies at bytes -8 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "lies at bytes 8 to 0")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,8]}}""",
        "cannot have"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", "lacks a dtype, a shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}""", "has the shape")]
    [InlineData("""{"a":[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]}""", "not valid JSON")]
    [InlineData("""[1]""", "not a JSON object")]
    public void A_header_that_lies_is_refused(string header, string says)
    {
        string path = WithHeader(header, 8);

        InputException refused = Assert.Throws<InputException>(() => SafetensorsFile.Open(path));

        Assert.Contains(says, refused.Message);
        File.Delete(path);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(99_999_999)]
    [InlineData(-1)]
    public void Header_larger_than_the_file_is_refused_before_allocation(long claimed)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(claimed), .. "{}      "u8]);
        Assert.ThrowsAny<InputException>(() => SafetensorsFile.Open(path));
        long before = GC.GetAllocatedBytesForCurrentThread();

        InputException refused = Assert.Throws<InputException>(() => SafetensorsFile.Open(path));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 18);
        Assert.Contains($"claims {claimed} bytes of a file of 16", refused.Message);
        File.Delete(path);
    }

    [Fact]
    public void Any_bytes_end_in_one_sentence()
    {
        Gen.Byte.Array[0, 200]
            .Sample(
                bytes =>
                {
                    string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
                    File.WriteAllBytes(path, bytes);
                    Assert.Throws<InputException>(() => SafetensorsFile.Open(path));
                    File.Delete(path);
                },
                iter: 300,
                threads: 1
            );
    }

    private static string WithHeader(string header, int data)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        byte[] text = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[data]]);
        return path;
    }

    [Fact]
    public void A_link_is_read_as_the_file_it_leads_to()
    {
        string link = Path.Combine(Directory.CreateTempSubdirectory().FullName, "model.safetensors"),
            target = SharedData.Of("golden", "models", "qwen2-tied", "model.safetensors");
        File.CreateSymbolicLink(link, target);

        using SafetensorsFile direct = SafetensorsFile.Open(target),
            linked = SafetensorsFile.Open(link);

        Assert.Equal(direct.Tensors.Keys, linked.Tensors.Keys);
    }
}
